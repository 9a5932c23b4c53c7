// Shows the deck. A slide that holds more than fits is set closer and in smaller letters, and one that holds little in
// larger ones: classes dense and roomy of deck.css.
const tooMuch = slide => slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1 ||
	[...slide.querySelectorAll('img[data-letter]')].some(img => {
		const shown = Math.min(img.clientWidth / img.getAttribute('width'), img.clientHeight / img.getAttribute('height'));
		return shown * img.dataset.letter < 18;
	});
const wide = slide => [...slide.querySelectorAll('pre, table')].some(e => e.matches('table') ? e.offsetWidth > 1200 : e.getClientRects().length > 0 &&
	e.textContent.split('\n').some(line => line.replace(/\t/g, '    ').length > 80));
const fit = slide => {
	if (slide.offsetHeight === 0 || slide.dataset.fitted) return;
	slide.dataset.fitted = 'yes';
	if (tooMuch(slide)) { slide.classList.add('dense'); return; }
	if (slide.querySelector('img, svg') || wide(slide)) return;
	slide.classList.add('roomy');
	if (tooMuch(slide) || wide(slide)) slide.classList.remove('roomy');
};
for (const event of ['ready', 'slidechanged']) Reveal.on(event, e => fit(e.currentSlide));
Reveal.on('pdf-ready', () => Reveal.getSlides().forEach(fit));
Reveal.initialize({
	width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 10, center: false, display: 'flex', hash: true,
	controls: false, progress: true, slideNumber: 'c/t', transition: 'none', backgroundTransition: 'none',
	pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
});
