const slides = [...document.querySelectorAll('section')];
let at = Math.min(Math.max(parseInt(location.hash.slice(1), 10) || 1, 1), slides.length) - 1;
function show(next) {
  at = Math.min(Math.max(next, 0), slides.length - 1);
  slides.forEach((slide, i) => slide.classList.toggle('shown', i === at));
  history.replaceState(null, '', '#' + (at + 1));
  scrollTo(0, 0);
}
addEventListener('keydown', event => {
  const step = { ArrowRight: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, PageUp: -1 }[event.key];
  if (step && !event.target.closest('summary')) {
    event.preventDefault();
    show(at + step);
  }
});
addEventListener('click', event => {
  if (!event.target.closest('details, a, pre')) {
    show(at + (event.clientX > innerWidth / 4 ? 1 : -1));
  }
});
show(at);
