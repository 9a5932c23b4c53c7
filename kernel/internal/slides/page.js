async i => {
	const slide = Reveal.getSlides()[i];
	if (!slide) return '';
	Reveal.configure({fragments: false, progress: false, slideNumber: false});
	const at = Reveal.getIndices(slide);
	Reveal.slide(at.h, at.v);
	await Promise.all([...slide.querySelectorAll('img')].map(img => img.decode().catch(() => {})));
	const heading = slide.querySelector('h1, h2, h3, .chart .title'), notes = [...slide.querySelectorAll('aside.notes')].map(e => e.textContent.trim());
	const text = slide.innerText.trim(), alts = [...slide.querySelectorAll('img')].map(img => img.alt);
	if (heading) heading.style.visibility = 'hidden';
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
	const box = heading ? heading.getBoundingClientRect() : null;
	return JSON.stringify({name: slide.id, title: heading ? heading.textContent.trim() : '', notes: [...notes, text, ...alts].filter(Boolean).join('\n\n'),
		top: box ? box.top : 0, left: box ? box.left : 0, height: box ? box.height : 0, size: heading ? parseFloat(getComputedStyle(heading).fontSize) : 0});
}
