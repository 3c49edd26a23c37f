"""Documents that reach for other files, other machines and other programs; made on the spot."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

URL = "http://127.0.0.1:9/asked"
HARMLESS = "The ferry leaves at nine."


@dataclass(frozen=True)
class Place:
    """Where a case is made.

    Attributes:
        root: its folder in the indexed folder; `up` leads from there out of the indexed folder.
        outside: a folder that is not indexed, with secrets; nobody may look into it.
        name: of the case.
    """

    root: Path
    outside: Path
    name: str

    @property
    def token(self) -> str:
        return f"SECRET-{self.name}"

    @property
    def picture(self) -> Path:
        """A secret picture."""
        path = self.outside / f"{self.name}.png"
        if not path.exists():
            path.write_bytes(png(self.token))
        return path

    @property
    def text(self) -> Path:
        """A secret text."""
        path = self.outside / f"{self.name}.txt"
        path.write_text(self.token)
        return path

    @property
    def mark(self) -> Path:
        """A file that is there only if somebody did as the document says."""
        return self.outside / f"did-{self.name}"

    @property
    def up(self) -> str:
        return "../../outside"


Make = Callable[[Place], None]
CASES: dict[str, Make] = {}


def png(words: str = "", ending: str = "PNG") -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (480, 80), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((2, 2, 477, 77), outline="black")
    draw.text((12, 24), words, fill="black", font=ImageFont.load_default(28))
    buffer = io.BytesIO()
    picture.save(buffer, ending)
    return buffer.getvalue()


def _case(name: str) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        CASES[name] = make
        return make

    return register


def _filled(pattern: str, place: Place) -> str:
    """``pattern`` with {png}, {txt}, {up}, {name}, {url} and {mark} filled in."""
    values = {
        "{png}": lambda: place.picture.as_posix(),
        "{txt}": lambda: place.text.as_posix(),
        "{up}": lambda: f"{place.up}/{place.picture.name}",
        "{name}": lambda: place.picture.name,
        "{outside}": lambda: place.outside.as_posix(),
        "{url}": lambda: f"{URL}/{place.name}",
        "{host}": lambda: f"{URL.removeprefix('http:')}/{place.name}",
        "{mark}": lambda: place.mark.as_posix(),
    }
    for key, value in values.items():
        pattern = pattern.replace(key, value()) if key in pattern else pattern
    return pattern


def _texts(ending: str, patterns: dict[str, str]) -> None:
    for name, pattern in patterns.items():

        def make(place: Place, pattern: str = pattern) -> None:
            (place.root / f"document{ending}").write_text(_filled(pattern, place), encoding="utf-8")

        CASES[name] = make


_texts(
    ".html",
    {
        name: f"<h1>Harbour</h1><p>{HARMLESS}</p>{attack}"
        for name, attack in {
            "html-http": "<img src='{url}.png' alt='a picture'>",
            "html-without-scheme": "<img src='{host}.png'>",
            "html-file": "<img src='file://{png}'>",
            "html-file-one-slash": "<img src='file:{png}'>",
            "html-file-host": "<img src='file://localhost{png}'>",
            "html-file-capitals": "<img src='FILE://{png}'>",
            "html-file-relative": "<img src='file:{up}'>",
            "html-up": "<img src='{up}'>",
            "html-up-encoded": "<img src='..%2f..%2foutside%2f{name}'>",
            "html-up-encoded-twice": "<img src='%252e%252e/%252e%252e/outside/{name}'>",
            "html-up-backslashes": "<img src='..\\..\\outside\\{name}'>",
            "html-up-from-top": "<img src='/../outside/{name}'>",
            "html-up-dots": "<img src='x/../../../outside/{name}?v=1#a'>",
            "html-absolute": "<img src='{png}'>",
            "html-data-src": "<img data-src='{up}' src=''><img srcset='{url}.png 2x, {up} 1x' src='{png}'>",
            "html-zero-byte": "<img src='{up}&#0;.png'>",
            "html-base-http": "<base href='{url}/'><img src='picture.png'><a href='x'>x</a>",
            "html-base-file": "<base href='file://{outside}/'><img src='{name}'>",
            "html-other-tags": "<link rel=stylesheet href='{url}.css'><script src='{url}.js'></script>"
            "<iframe src='file://{txt}'></iframe><object data='{png}'></object><embed src='{up}'>"
            "<video poster='{up}' src='{url}.mp4'></video><input type=image src='{up}'><audio src='{url}'>",
            "html-styles": "<style>@import '{url}.css'; body {background: url(file://{png})}</style>"
            "<p style='background:url({url}.png)'>a harbour</p>",
            "html-refresh": "<meta http-equiv=refresh content='0; url={url}'>",
            "html-inline-svg": "<svg><image href='file://{png}' width='9' height='9'/></svg>",
            "html-svg-in-uri": "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' "
            "width='90' height='90'><image href='file://{png}' width='90' height='90'/></svg>\">",
            "html-ssi": "<!--#include file='{up}'--><!--#exec cmd='touch {mark}'-->",
            "html-php": "<?php system('touch {mark}'); echo file_get_contents('{txt}') ?>",
            "html-template": "{{ ''.__class__ }} {% include '{txt}' %} ${ open('{mark}', 'w') }",
        }.items()
    },
)
_texts(
    ".xhtml",
    {
        "xhtml-entity": "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY x SYSTEM 'file://{txt}'>]>"
        f"<html><body><p>{HARMLESS} &x;</p></body></html>",
        "xhtml-entity-http": "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY % x SYSTEM '{url}.dtd'> %x;]>"
        f"<html><body><p>{HARMLESS}</p></body></html>",
        "xhtml-laughs": "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'ha'>"
        + "".join(f"<!ENTITY {chr(98 + at)} '{f'&{chr(97 + at)};' * 10}'>" for at in range(9))
        + f"]><html><body><p>{HARMLESS} &j;</p></body></html>",
        "xhtml-include": "<html xmlns:xi='http://www.w3.org/2001/XInclude'><body>"
        f"<p>{HARMLESS}</p><xi:include href='file://{{txt}}' parse='text'/></body></html>",
    },
)
_texts(
    ".md",
    {
        name: f"{attack}\n\n{HARMLESS}\n"
        for name, attack in {
            "markdown-http": "![a picture]({url}.png)",
            "markdown-file": "![a picture](file://{png})",
            "markdown-up": "![a picture]({up})",
            "markdown-reference": "![a picture][p]\n\n[p]: {up}",
            "markdown-html": "<img src='{png}'>",
            "markdown-autolink": "<{url}> and [here](file://{txt})",
            "markdown-code": "---\ntitle: !!python/object/apply:os.system ['touch {mark}']\n---\n# Harbour",
            "markdown-object": "---\na: !!python/object/new:subprocess.Popen [[touch, '{mark}']]\n---\n# A",
            "markdown-front": "---\ncover: file://{png}\nimage: {url}.png\ntitle: {png}\n---\n# Harbour",
            "markdown-laughs": "---\na: &a [x, x, x, x, x, x, x, x]\n"
            + "".join(
                f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join(['*' + chr(97 + at)] * 8)}]\n"
                for at in range(9)
            )
            + "---\n# Harbour",
            "markdown-include": "!include {txt}\n\n.. include:: {txt}\n\n{{< include {txt} >}}",
            "text-of-a-url": "{url}.png",
            "text-of-a-path": "# {png}\n\n| {png} | {url}.png |\n|---|---|\n| data:image/png,A | {png} |\n\n",
        }.items()
    },
)
_texts(".txt", {"plain-url": "{url}.png\nfile://{png}\n", "plain-path": "{png}\n"})


# Pictures.


def _svg(name: str, attack: str, head: str = "") -> None:
    def make(place: Place) -> None:
        body = (
            f"{_filled(head, place)}<svg xmlns='http://www.w3.org/2000/svg' "
            "xmlns:xlink='http://www.w3.org/1999/xlink' width='400' height='200'>"
            f"<text x='10' y='40'>{HARMLESS}</text>{_filled(attack, place)}</svg>"
        )
        (place.root / "drawing.svg").write_text(body, encoding="utf-8")
        (place.root / "document.html").write_text(f"<p>{HARMLESS}</p><img src='drawing.svg'>")

    CASES[name] = make


_svg("svg-file", "<image xlink:href='file://{png}' x='0' y='0' width='400' height='200'/>")
_svg("svg-up", "<image href='../../outside/{name}' width='400' height='200'/>")
_svg("svg-http", "<image href='{url}.png' width='400' height='200'/><use href='{url}.svg#a'/>")
_svg(
    "svg-entity",
    "<text y='90'>&x;</text>",
    "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file://{txt}'>]>",
)
_svg(
    "svg-style",
    "<style>@import url({url}.css); @font-face {font-family: f; src: url(file://{png})} "
    "text {font-family: f}</style>"
    "<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='file://{png}'/></foreignObject>",
    "<?xml-stylesheet href='{url}.xsl'?>",
)
_svg(
    "svg-script",
    "<script href='{url}.js'>fetch('{url}')</script><a href='file://{txt}'><text y='9'>a</text></a>",
)


@_case("symlinked-picture")
def _(place: Place) -> None:
    (place.root / "link.png").symlink_to(place.picture)
    (place.root / "document.html").write_text(f"<p>{HARMLESS}</p><img src='link.png'>")


@_case("symlinked-folder")
def _(place: Place) -> None:
    (place.root / "pictures").symlink_to(place.outside, target_is_directory=True)
    (place.root / "document.md").write_text(f"{HARMLESS}\n\n![]({'pictures/' + place.picture.name})")


@_case("symlinked-document")
def _(place: Place) -> None:
    (place.root / "report.txt").symlink_to(place.text)
    (place.root / "document.txt").write_text(HARMLESS)


@_case("picture-is-postscript")
def _(place: Place) -> None:
    # Pillow has Ghostscript draw it, wherever it is not told which formats it may open.
    program = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({place.mark}) (w) file closefile showpage\n"
    for name in ("a.png", "b.jpg", "c.bmp"):
        (place.root / name).write_bytes(program.encode())
    (place.root / "document.md").write_text(f"{HARMLESS}\n\n![](a.png) ![](d.eps)")
    (place.root / "d.eps").write_bytes(program.encode())


@_case("picture-with-entities")
def _(place: Place) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    xmp = _filled(
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{txt}'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&e;</x:xmpmeta>",
        place,
    )
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp)
    with Image.open(io.BytesIO(png(HARMLESS))) as picture:
        picture.save(place.root / "document.png", pnginfo=info)


# Archives, under names of documents.


def _slipping(name: str, ending: str) -> None:
    def make(place: Place) -> None:
        with zipfile.ZipFile(place.root / f"document{ending}", "w") as archive:
            for inside in (
                f"../../outside/did-{place.name}",
                str(place.mark),
                "word/document.xml",
                "[Content_Types].xml",
            ):
                archive.writestr(inside, f"<p>{place.token}</p>")
            link = zipfile.ZipInfo("link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, str(place.text))
        (place.root / "beside.txt").write_text(HARMLESS)

    CASES[name] = make


for _ending in (".pdf", ".html", ".docx", ".zip", ".png", ".epub"):
    _slipping(f"zip-slip-{_ending[1:]}", _ending)


# PDFs.


def _pdf(name: str) -> Callable[[Callable[[Place, Any, Any], None]], None]:
    """Registers a function that adds an attack to a PDF of one page on which the harmless sentence stands."""

    def register(add: Callable[[Place, Any, Any], None]) -> None:
        def make(place: Place) -> None:
            import pymupdf

            with pymupdf.open() as document:
                page = document.new_page(width=420, height=595)
                page.insert_text((40, 200), HARMLESS, fontsize=11)
                add(place, document, page)
                document.save(place.root / "document.pdf")

        CASES[name] = make

    return register


def _action(name: str, pattern: str) -> None:
    """An action that runs when the document is opened, when its page is, and behind a link and a field."""

    @_pdf(name)
    def _(place: Place, document: Any, page: Any) -> None:
        action = _filled(pattern, place)
        document.xref_set_key(document.pdf_catalog(), "OpenAction", action)
        document.xref_set_key(page.xref, "AA", f"<</O{action}/C{action}>>")
        link = document.get_new_xref()
        document.update_object(link, f"<</Type/Annot/Subtype/Link/Rect[40 40 200 90]/A{action}>>")
        document.xref_set_key(page.xref, "Annots", f"[{link} 0 R]")


_action("pdf-launch", "<</S/Launch/F(/bin/sh)/Unix(-c 'touch {mark}')/Win<</F(cmd)/P(/c echo > {mark})>>>>")
_action("pdf-uri", "<</S/URI/URI({url})>>")
_action("pdf-goto-file", "<</S/GoToR/F({txt})/D[0/Fit]/NewWindow true>>")
_action("pdf-goto-url", "<</S/GoToR/F<</FS/URL/F({url}.pdf)>>/D[0/Fit]>>")
_action(
    "pdf-script",
    "<</S/JavaScript/JS(app.launchURL\\('{url}'\\); this.exportDataObject\\({{cName: '{mark}'}}\\))>>",
)
_action("pdf-submit", "<</S/SubmitForm/F<</FS/URL/F({url})>>/Flags 4>>")
_action("pdf-import", "<</S/ImportData/F({txt})>>")
_action("pdf-rendition", "<</S/Rendition/OP 0/R<</S/MR/C<</S/MCD/CT(video/mp4)/D({url}.mp4)>>>>>>")


@_pdf("pdf-attachment")
def _(place: Place, document: Any, page: Any) -> None:
    for name in (f"../../outside/did-{place.name}", str(place.mark)):
        document.embfile_add(name, b"attached", filename=name, ufilename=name)
    page.add_file_annot((40, 40), b"attached", str(place.mark))


def _use(document: Any, page: Any, key: str, value: str, drawing: bytes) -> None:
    """Give the page a resource, and draw with it."""
    document.xref_set_key(int(document.xref_get_key(page.xref, "Resources")[1].split()[0]), key, value)
    contents = page.get_contents()[0]
    document.update_stream(contents, document.xref_stream(contents) + b" " + drawing)


@_pdf("pdf-stream-elsewhere")
def _(place: Place, document: Any, page: Any) -> None:
    picture = document.get_new_xref()
    document.update_object(
        picture, "<</Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceRGB/BitsPerComponent 8>>"
    )
    document.update_stream(picture, bytes(192))
    document.xref_set_key(picture, "F", f"({place.picture})")
    _use(document, page, "XObject", f"<</Im {picture} 0 R>>", b"q 99 0 0 99 9 9 cm /Im Do Q")


@_pdf("pdf-font-elsewhere")
def _(place: Place, document: Any, page: Any) -> None:
    file = document.get_new_xref()
    document.update_object(file, f"<</F({place.picture})/FFilter/FlateDecode>>")
    document.update_stream(file, b"")
    descriptor, font = document.get_new_xref(), document.get_new_xref()
    name = place.picture.as_posix().replace("/", "#2f")
    document.update_object(descriptor, f"<</Type/FontDescriptor/FontName/Evil/Flags 4/FontFile2 {file} 0 R>>")
    document.update_object(
        font,
        f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/FontDescriptor {descriptor} 0 R>>",
    )
    _use(document, page, "Font/Evil", f"{font} 0 R", b"BT /Evil 12 Tf 40 90 Td (evil) Tj ET")


@_pdf("pdf-page-elsewhere")
def _(place: Place, document: Any, page: Any) -> None:
    form = document.get_new_xref()
    document.update_object(
        form, f"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Ref<</F({place.text})/Page 0>>>>"
    )
    document.update_stream(form, b"0 0 9 9 re f")
    _use(document, page, "XObject", f"<</Fm {form} 0 R>>", b"/Fm Do")


@_pdf("pdf-metadata")
def _(place: Place, document: Any, page: Any) -> None:
    document.set_xml_metadata(
        _filled(
            "<?xpacket?><!DOCTYPE x [<!ENTITY e SYSTEM 'file://{txt}'>]>"
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'>&e;</x:xmpmeta>",
            place,
        )
    )
    document.set_metadata(
        {"title": str(place.picture), "author": f"{URL}/{place.name}.png", "subject": "../../outside"}
    )


@_pdf("pdf-xfa")
def _(place: Place, document: Any, page: Any) -> None:
    form = document.get_new_xref()
    document.update_object(form, "<<>>")
    document.update_stream(
        form,
        _filled(
            "<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{txt}'>]><xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'>"
            "<template><subform><image href='{url}.png'/>&e;</subform></template>"
            "</xdp:xdp>",
            place,
        ).encode(),
    )
    document.xref_set_key(document.pdf_catalog(), "AcroForm", f"<</XFA {form} 0 R/Fields[]>>")


@_pdf("pdf-text-of-a-path")
def _(place: Place, document: Any, page: Any) -> None:
    page.insert_text((40, 240), str(place.picture), fontsize=7)
    page.insert_text((40, 260), f"{URL}/{place.name}.png", fontsize=9)


_INLINE = base64.b64encode(png("inside")).decode()
CONTROL = (
    f"<h1>Harbour</h1><p>{HARMLESS}</p><img src='inside.png' alt='inside'>"
    f"<img src='data:image/png;base64,{_INLINE}'>"
)
"""A document that shows a picture of its own folder, which is read: what watches sees it."""


def make_corpus(corpus: Path, outside: Path, names: list[str]) -> None:
    """The documents of these cases, a folder each, and the control."""
    outside.mkdir(parents=True)
    for name in names:
        folder = corpus / name
        folder.mkdir(parents=True)
        CASES[name](Place(folder, outside, name))
    control = corpus / "control"
    control.mkdir(parents=True)
    (control / "inside.png").write_bytes(png("inside"))
    (control / "document.html").write_text(CONTROL)
