async i => {
	const slide = Reveal.getSlides()[i];
	if (!slide) return '';
	Reveal.configure({fragments: false, progress: false, slideNumber: false});
	const at = Reveal.getIndices(slide);
	Reveal.slide(at.h, at.v);
	await Promise.all([...slide.querySelectorAll('img')].map(img => img.decode().catch(() => {})));
	const heads = 'h1, h2, h3, .chart .title';
	const heading = slide.querySelector(heads), notes = [...slide.querySelectorAll('aside.notes')].map(e => e.textContent.trim());
	const text = slide.innerText.trim(), alts = [...slide.querySelectorAll('img')].map(img => img.alt).filter(alt => !notes.some(n => n.includes(alt)));
	// A slide that goes on with the one before it has that one's title, for the outline.
	let above = '';
	for (let j = i - 1; j >= 0 && !heading && !above; j--) above = Reveal.getSlides()[j].querySelector(heads)?.textContent.trim() || '';
	if (heading) heading.style.visibility = 'hidden';
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
	const box = heading ? heading.getBoundingClientRect() : null;
	return JSON.stringify({name: slide.id, title: heading ? heading.textContent.trim() : above, outside: !heading, notes: [...notes, text, ...alts].filter(Boolean).join('\n\n'),
		top: box ? box.top : 0, left: box ? box.left : 0, height: box ? box.height : 0, size: heading ? parseFloat(getComputedStyle(heading).fontSize) : 0});
}
