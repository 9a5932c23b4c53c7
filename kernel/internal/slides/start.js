// Shows the deck. A slide that holds more than fits is set closer and in smaller letters, and one that holds little in
// letters as large as it can hold: classes dense and roomy of deck.css.
const tooMuch = slide => slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1 ||
	[...slide.querySelectorAll('img[data-letter]')].some(img => {
		const shown = Math.min(img.clientWidth / img.getAttribute('width'), img.clientHeight / img.getAttribute('height'));
		return shown * img.dataset.letter < 18;
	});
const tables = slide => [...slide.querySelectorAll('table')].some(e => e.offsetWidth > 1200);
// code is the height of code's letters at which its longest line is not broken, if they can be read.
const code = slide => {
	const lines = [...slide.querySelectorAll('pre')].flatMap(e => e.textContent.replace(/\t/g, '    ').split('\n'));
	return Math.max(18, 1120 / 0.602 / Math.max(1, ...lines.map(line => line.length)));
};
// filled is the share of a slide's height above the end of what it holds.
const filled = slide => {
	const box = slide.getBoundingClientRect(), range = document.createRange();
	range.selectNodeContents(slide);
	return (range.getBoundingClientRect().bottom - box.top) / box.height;
};
const fit = slide => {
	if (slide.offsetHeight === 0 || slide.dataset.fitted) return;
	slide.dataset.fitted = 'yes';
	if (tooMuch(slide)) { slide.classList.add('dense'); return; }
	if (slide.querySelector('img, svg') || tables(slide)) return;
	slide.classList.add('roomy');
	slide.style.setProperty('--longest', code(slide) + 'px');
	for (const room of [1, 0.8, 0.6, 0.4, 0.2]) {
		slide.style.setProperty('--room', room);
		if (!tooMuch(slide) && !tables(slide) && filled(slide) < 0.96) return;
	}
	slide.classList.remove('roomy');
};
for (const event of ['ready', 'slidechanged']) Reveal.on(event, e => fit(e.currentSlide));
Reveal.on('pdf-ready', () => Reveal.getSlides().forEach(fit));
Reveal.initialize({
	width: 1280, height: 720, margin: 0, minScale: 0.1, maxScale: 10, center: false, display: 'flex', hash: true,
	controls: false, progress: true, slideNumber: 'c/t', transition: 'none', backgroundTransition: 'none',
	pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
});
