const slides = [...document.querySelectorAll('section')];
let at = Math.min(Math.max(parseInt(location.hash.slice(1), 10) || 1, 1), slides.length) - 1;
const place = document.body.appendChild(Object.assign(document.createElement('div'), { id: 'place' }));

// As large as the window lets it be, for the last row of a lecture hall.
function fit() {
  const slide = slides[at];
  let size = 36;
  do {
    slide.style.fontSize = size + 'px';
  } while (--size >= 14 && document.documentElement.scrollHeight > innerHeight);
}
function show(next) {
  at = Math.min(Math.max(next, 0), slides.length - 1);
  slides.forEach((slide, i) => slide.classList.toggle('shown', i === at));
  place.textContent = (at + 1) + ' / ' + slides.length;
  fit();
  history.replaceState(null, '', '#' + (at + 1));
  scrollTo(0, 0);
}
addEventListener('resize', fit);
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
