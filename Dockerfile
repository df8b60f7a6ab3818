# syntax=docker/dockerfile:1
# The hub in an image: docker build -t tickertape . && docker run --rm -p 8080:8080 tickertape

# Node brings sass and wasm-opt, which the pages are built with; nothing of it is in the end.
FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
COPY --from=node /usr/local/bin /usr/local/bin
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
ENV TICKERTAPE_CACHE=/cache
WORKDIR /src
# The tools alone, so that a change of the source does not build them anew.
COPY scripts scripts
COPY Cargo.lock Cargo.lock
RUN --mount=type=cache,target=/usr/local/cargo/registry scripts/setup.sh
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    scripts/build.sh && install -D -s target/release/tickertape /out/tickertape && mkdir /data

# glibc, libgcc and the time zones, with a user that is not root; no shell, and nothing to update but these. Static
# with musl would be 2 MB less, and its allocator costs a hub with many threads more than that.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Tickertape" \
      org.opencontainers.image.description="A hub for event streams" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out/tickertape /usr/bin/tickertape
# A new volume takes over the owner of what is there.
COPY --from=build --chown=65532:65532 /data /var/lib/tickertape
VOLUME /var/lib/tickertape

# By number, so that an orchestrator sees that it is not root.
USER 65532:65532
# A first run shows the ticker to everyone, takes nothing from anybody, and shows nothing else. Each of these is
# replaced by `-e`, or taken away by an empty one; docs/operations.md has what to say instead.
ENV TICKERTAPE_ADDR=0.0.0.0:8080 \
    TICKERTAPE_DATA_DIR=/var/lib/tickertape \
    TICKERTAPE_DEMO=true \
    TICKERTAPE_PUBLIC_READ=ticker
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["/usr/bin/tickertape", "health"]
ENTRYPOINT ["/usr/bin/tickertape"]
CMD ["serve"]
