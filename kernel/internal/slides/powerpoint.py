"""Writes the slides that standard input describes as a PowerPoint file: a title, a picture, notes each."""
import json
import sys

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Pt

deck = json.load(sys.stdin)
point = 0.75  # of a CSS pixel
show = Presentation()
show.slide_width, show.slide_height = Pt(1280 * point), Pt(720 * point)
layout = show.slide_layouts[5]  # a title and nothing else
for page in deck["pages"]:
    slide = show.slides.add_slide(layout)
    picture = slide.shapes.add_picture(page["file"], 0, 0, show.slide_width, show.slide_height)
    slide.shapes._spTree.remove(picture._element)
    slide.shapes._spTree.insert(2, picture._element)  # below the title
    picture.name = page["name"]
    picture._element.nvPicPr.cNvPr.set("descr", page["notes"])
    title = slide.shapes.title
    if not page["title"]:
        title._element.getparent().remove(title._element)
    else:
        title.left, title.top = Pt(page["left"] * point), Pt(page["top"] * point)
        title.width, title.height = show.slide_width - 2 * title.left, Pt(page["height"] * point)
        if page["outside"]:  # for the outline and for who listens: above the slide
            title.width, title.height = show.slide_width, Pt(40)
            title.left, title.top = 0, -title.height
        frame = title.text_frame
        frame.margin_left = frame.margin_top = frame.margin_right = frame.margin_bottom = 0
        frame.text = page["title"]
        font = frame.paragraphs[0].font
        font.size, font.bold, font.name = Pt((page["size"] or 32) * point), True, "Liberation Sans"
        font.color.rgb = RGBColor.from_string("FFFFFF" if deck["theme"] == "dark" else "0B1C33")
        frame.paragraphs[0].alignment = 1  # left
    slide.notes_slide.notes_text_frame.text = page["notes"]
show.save(sys.argv[1])
