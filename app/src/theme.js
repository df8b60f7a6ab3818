document.addEventListener('submit', (event) => {
  const { submitter, target } = event;
  if (!submitter || !target.matches('form.theme')) return;
  event.preventDefault();
  const theme = submitter.value;
  const forced = theme !== 'system';
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  document.documentElement.toggleAttribute('data-theme', forced);
  if (forced) document.documentElement.dataset.theme = theme;
  document.querySelector('meta[name=color-scheme]').content = forced ? theme : 'light dark';
  for (const button of target.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', button === submitter);
  }
});
