// Event streams with better-sse: one channel, to which each client is registered.
import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();

async function publish(request, response) {
  let body = "";
  for await (const piece of request) body += piece;
  channel.broadcast(body);
  response.writeHead(204).end();
}

async function subscribe(request, response) {
  channel.register(await createSession(request, response));
}

const server = createServer((request, response) =>
  request.method === "POST" ? publish(request, response) : subscribe(request, response),
);
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
