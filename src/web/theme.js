// Runs before the first paint, so that a chosen theme does not flash. `auto` follows the system.
(() => {
  let theme = 'auto';
  try {
    theme = localStorage.getItem('carrel.theme') ?? theme;
  } catch {
    // Storage may be switched off; then the system's theme it is.
  }
  document.documentElement.dataset.theme = theme;
})();
