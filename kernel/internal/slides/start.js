// Shows the deck. A slide that holds more than fits is set closer and in smaller letters: class dense of deck.css.
const tooMuch = slide => slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1 ||
	[...slide.querySelectorAll('img[data-letter]')].some(img => {
		const shown = Math.min(img.clientWidth / img.getAttribute('width'), img.clientHeight / img.getAttribute('height'));
		return shown * img.dataset.letter < 18;
	});
const fit = slide => {
	if (slide.offsetHeight > 0 && !slide.classList.contains('dense') && tooMuch(slide)) slide.classList.add('dense');
};
for (const event of ['ready', 'slidechanged']) Reveal.on(event, e => fit(e.currentSlide));
Reveal.on('pdf-ready', () => Reveal.getSlides().forEach(fit));
Reveal.initialize({
	width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 10, center: false, display: 'flex', hash: true,
	controls: false, progress: true, slideNumber: 'c/t', transition: 'none', backgroundTransition: 'none',
	pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
});
