// Steps through slides from one number to another with all their fragments shown, and returns what a reader at 1280 x 720
// would miss: a list of {slide, kind, detail}; and how many slides there are.
async (from, to) => {
	const faults = [], smallest = 18;
	const visible = e => e.checkVisibility({visibilityProperty: true});
	const clip = s => s.trim().replace(/\s+/g, ' ').slice(0, 60);
	const channels = c => {
		const m = c.match(/^rgba?\(([^)]*)\)$/);
		if (!m) throw new Error('colour ' + c);
		const v = m[1].split(',').map(Number);
		return {rgb: v.slice(0, 3), alpha: v.length > 3 ? v[3] : 1};
	};
	const mix = (top, under) => top.rgb.map((v, i) => v * top.alpha + under[i] * (1 - top.alpha));
	const luminance = rgb => {
		const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ground = e => {
		const layers = [];
		for (; e; e = e.parentElement) {
			const c = channels(getComputedStyle(e).backgroundColor);
			if (c.alpha > 0) layers.push(c);
			if (c.alpha === 1) break;
		}
		return layers.reverse().reduce((under, c) => mix(c, under), [255, 255, 255]);
	};
	const contrast = (a, b) => {
		const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));

	Reveal.configure({fragments: false, transition: 'none'});
	const slides = Reveal.getSlides();
	for (const slide of slides.slice(from, to)) {
		const name = slide.id || 'slide ' + slides.indexOf(slide);
		const fault = (kind, detail) => faults.push({slide: name, kind, detail});
		const at = Reveal.getIndices(slide);
		Reveal.slide(at.h, at.v);
		await frame();
		if (Reveal.getCurrentSlide() !== slide) { fault('step', 'the slide cannot be reached'); continue; }
		const scale = Reveal.getScale(), box = slide.getBoundingClientRect();
		const outside = r => r.width > 0 && r.height > 0 &&
			(r.left < box.left - 1 || r.top < box.top - 1 || r.right > box.left + 1280 * scale + 1 || r.bottom > box.top + 720 * scale + 1);
		const over = r => `reaches ${Math.round((r.right - box.left) / scale)} x ${Math.round((r.bottom - box.top) / scale)}`;

		const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT), bottoms = [];
		for (let node = texts.nextNode(); node; node = texts.nextNode()) {
			const e = node.parentElement;
			if (!node.data.trim() || e.closest('aside.notes') || !visible(e)) continue;
			const range = document.createRange();
			range.selectNodeContents(node);
			const r = range.getBoundingClientRect();
			if (r.width === 0) continue;
			if (outside(r)) fault('overflow', `${over(r)}: ${clip(node.data)}`);
			const style = getComputedStyle(e), size = parseFloat(style.fontSize);
			if (size < smallest - 0.05) fault('small', `${size} px: ${clip(node.data)}`);
			const under = ground(e), ratio = contrast(mix(channels(style.color), under), under);
			const large = size >= 24 || size >= 18.66 && parseInt(style.fontWeight) >= 700;
			if (ratio < (large ? 3 : 4.5)) fault('contrast', `${ratio.toFixed(2)} to 1: ${clip(node.data)}`);
		}
		for (const e of slide.querySelectorAll('*')) {
			if (!visible(e) || e.closest('aside.notes')) continue;
			const style = getComputedStyle(e);
			if ((style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1) || (style.overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1))
				fault('overflow', `<${e.localName}> scrolls: ${clip(e.textContent)}`);
		}
		for (const img of slide.querySelectorAll('img')) {
			await img.decode().catch(() => {});
			const r = img.getBoundingClientRect(), alt = clip(img.alt);
			if (!img.complete || img.naturalWidth === 0) { fault('picture', `missing: ${alt || img.src.slice(0, 60)}`); continue; }
			if (outside(r)) fault('overflow', `${over(r)}: picture ${alt}`);
			const shown = Math.min(r.width / img.naturalWidth, r.height / img.naturalHeight) / scale;
			if (shown * img.naturalHeight < 40 || shown * img.naturalWidth < 40) fault('picture', `shrunk to nothing: ${alt}`);
			const letter = parseFloat(img.dataset.letter) * shown;
			if (letter < smallest - 0.05) fault('small', `letters of ${letter.toFixed(1)} px in ${alt}`);
		}
		for (const e of slide.querySelectorAll('.chart, .highlight, pre, p, table, ul, ol, h1, h2, h3'))
			if (visible(e) && e.parentElement.closest('.chart, .highlight, pre, table, ul, ol') === null && !e.closest('aside.notes'))
				bottoms.push([e.getBoundingClientRect(), e]);
		for (let i = 1; i < bottoms.length; i++) {
			const [a, b] = [bottoms[i - 1], bottoms[i]];
			if (b[0].top < a[0].bottom - 2 && b[0].left < a[0].right - 2 && a[0].left < b[0].right - 2 && !getComputedStyle(slide).columnCount.match(/\d/) && !a[1].contains(b[1]))
				fault('overlap', `${clip(b[1].textContent)} lies on ${clip(a[1].textContent)}`);
		}
	}
	return JSON.stringify({slides: slides.length, faults});
}
