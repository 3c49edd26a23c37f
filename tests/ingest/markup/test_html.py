import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.html import from_html
from mmrag.types import Kind


def texts(html: str) -> list[str]:
    return [block.text for block in from_html(html).blocks if block.kind is Kind.TEXT]


def test_headings_paragraphs_and_entities() -> None:
    parsed = from_html(
        "<h1>One &amp; two</h1><p>Caf&eacute; &nbsp; 5&nbsp;km<br>next <b>b</b>old</p><h3>Deep</h3>"
    )
    assert parsed.blocks == (
        Block(Kind.HEADING, "One & two", 1),
        Block(Kind.TEXT, "Café 5 km\nnext bold"),
        Block(Kind.HEADING, "Deep", 3),
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var x = 'no'</script>",
        "<style>p { content: 'no' }</style>",
        "<nav><p>no</p></nav>",
        "<noscript>no</noscript>",
        "<template><p>no</p></template>",
        "<!-- no -->",
        "<p hidden>no</p>",
        "<div aria-hidden='true'>no</div>",
        "<span style='color: red; display : none'>no</span>",
        "<div style='VISIBILITY:hidden'><p>no</p></div>",
        "<p style='opacity:0'>no</p>",
        "<p style='opacity: .0%; color: red'>no</p>",
        "<p style='font-size:0'>no <b>no</b></p>",
        "<p style='font-size: 1px !important'>no</p>",
        "<p style='color:#fff;background:white'>no</p>",
        "<p style='color: rgb(10, 10, 10); background-color: #000'>no</p>",
        "<p style='color:#fff'>no</p>",
        "<div style='background:#004'><p style='color:#000044'>no</p></div>",
        "<table bgcolor=black><tr><td><font color='#010101'>no</font></table>",
        "<p style='color:transparent'>no</p>",
        "<p style='color:rgba(0, 0, 0, 0)'>no</p>",
        "<p style='color:rgb(0 0 0 / 0%)'>no</p>",
        "<p style='position:absolute;left:-9999px'>no</p>",
        "<p style='position:absolute; clip:rect(0,0,0,0)'>no</p>",
        "<p style='clip-path: inset(50%)'>no</p>",
        "<p style='height:0;overflow:hidden'>no</p>",
        "<p style='width:1px;height:1px;overflow:hidden'>no</p>",
        "<p style='transform: scale(0)'>no</p>",
        "<p style='text-indent:-9999px'>no</p>",
        "<body><footer>no</footer></body>",
        "<button>no</button>",
        "<select><option>no</select>",
        "<svg><text>no</text></svg>",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(hidden: str) -> None:
    assert texts(f"<p>yes</p>{hidden}<p>also</p>") == ["yes", "also"]


@pytest.mark.parametrize(
    "shown",
    [
        "<p style='opacity:.6'>this</p>",
        "<p style='font-size:0.8em'>this</p>",
        "<div style='font-size:0'><p style='font-size:14px'>this</p></div>",
        "<p style='color:#fff;background:#036'>this</p>",
        "<table bgcolor=navy><tr><td><font color=white>this</font></table>",
        "<div style='background:#036'><p style='color:white'>this</p></div>",
        "<div style='color:white'><p style='background:black'>this</p></div>",
        "<div style='color:white'><p style='color:black'>this</p></div>",
        "<div style='background:url(dark.png)'><p style='color:white'>this</p></div>",
        "<p style='color:#ccc'>this</p>",
        "<p style='color:rgb(0,0,0)'>this</p>",
        "<p style='color:var(--ink)'>this</p>",
        "<p style='height:0'>this</p>",
        "<p style='width:1%;overflow:hidden'>this</p>",
        "<p style='position:relative;left:-20px'>this</p>",
        "<p style='text-indent:-2em'>this</p>",
        "<p style='transform:scale(0.5)'>this</p>",
    ],
)
def test_what_a_reader_sees_stays(shown: str) -> None:
    assert texts(f"<p>yes</p>{shown}<p>also</p>") == ["yes", "this", "also"]


def test_where_a_style_sheet_may_set_the_background_white_text_stays() -> None:
    sheet = "<style>.dark { background: black }</style>"
    assert texts(f"{sheet}<div class=dark><p style='color:white'>this</p></div>") == ["this"]
    assert texts(f"{sheet}<body bgcolor=white><p class=dark style='color:white'>this</p>") == ["this"]
    assert texts(f"{sheet}<body bgcolor=white><p style='color:white'>no</p><p>this</p>") == ["this"]


def test_hidden_parts_of_tables_code_and_definitions_are_left_out() -> None:
    page = (
        "<table><tr><td>a</td><td>b</td></tr><tr style='display:none'><td>no</td><td>no</td></tr></table>"
        "<pre>x = 1<span hidden> no</span></pre><dl><dt>term</dt><dd style='opacity:0'>no</dd></dl>"
    )
    assert "no" not in " ".join(block.text for block in from_html(page).blocks)


def test_text_outside_of_paragraphs_is_kept() -> None:
    assert texts("loose <i>words</i><div>in a div<div>nested</div>after</div>end") == [
        "loose words",
        "in a div",
        "nested",
        "after",
        "end",
    ]


def test_lists_are_one_passage() -> None:
    html = "<ul><li>one<li>two<ol><li>deep</li><li>deeper</li></ol></li></ul><dl><dt>term<dd>meaning</dl>"
    assert texts(html) == ["- one\n- two\n  1. deep\n  2. deeper", "term: meaning"]


def test_items_have_the_numbers_that_are_shown() -> None:
    assert texts("<ol start=7><li>x<li value=12>y<li>z</ol>") == ["7. x\n12. y\n13. z"]
    assert texts("<ol start=-1><li>x<li value=no>y<li>z</ol>") == ["-1. x\n0. y\n1. z"]
    assert texts("<ol start='9999999999'><li>x</ol>") == ["1. x"]
    blocks = (
        "<ol start=2><li>Install:<pre>pip</pre></li><li><p>Run</p><p>it</p></li><li><pre>x</pre></li></ol>"
    )
    assert texts(blocks) == ["2. Install:", "pip", "3. Run", "it", "4.", "x"]


def test_a_list_that_stands_between_items_is_nested() -> None:
    assert texts("<ul><li>a</li><ul><li>b</li><li>c</li></ul><li>d</li></ul>") == ["- a\n  - b\n  - c\n- d"]
    assert texts("<ol><li>a</li><ol><li>b</li></ol><li>c</li></ol>") == ["1. a\n  1. b\n2. c"]


def test_nested_definitions_are_read_once() -> None:
    inner = "<dl><dt>method b</dt><dd>about b<dl><dt>x</dt><dd>about x</dd></dl></dd></dl>"
    html = f"<dl><dt>class A</dt><dd><p>about A</p>{inner}</dd><dt>class C</dt><dd>about C</dd></dl>"
    assert texts(html) == ["class A: about A", "method b: about b", "x: about x", "class C: about C"]


def test_definitions_hold_lists_tables_and_code() -> None:
    html = """<dl><dt>plain<dd>words<dt>f()<dd><p>does</p><pre>one
      two</pre><table><tr><td>a<td>b</table><dt>Parameters<dd><ul><li>x<li>y</ul><dt>Code<dd><pre>z</pre></dl>"""
    assert [block.text for block in from_html(html).blocks] == [
        "plain: words",
        "f(): does",
        "one\n      two",
        "|  |  |\n| --- | --- |\n| a | b |",
        "Parameters:\n- x\n- y",
        "Code:",
        "z",
    ]


def test_definitions_may_stand_in_groups() -> None:
    html = "<dl><div><dt>a</dt><dd>1</dd><dd>2</dd></div><div><dt>b</dt><dd>3</dd></div></dl>"
    assert texts(html) == ["a: 1: 2\nb: 3"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>\u91cd\u8981\u4f5c\n  \u7528</p>", "\u91cd\u8981\u4f5c\u7528"),
        ("<p>\u91cd\u8981<b>\u4f5c\n</b> \u7528</p>", "\u91cd\u8981\u4f5c\u7528"),
        ("<p>\u4e2d\u6587\uff0c\n\u7528 API\n\u7528</p>", "\u4e2d\u6587\uff0c\u7528 API \u7528"),
        ("<p>\u91cd \u8981<br>\u4f5c&#10;\u7528</p>", "\u91cd \u8981\n\u4f5c\u7528"),
        ("<ul><li>\u91cd\n\u8981</ul>", "- \u91cd\u8981"),
        ("<h1>\u5e74\u5ea6\n\u62a5\u544a</h1>", "\u5e74\u5ea6\u62a5\u544a"),
        (
            "<table><tr><td>\u6536\n\u5165<td>b</table>",
            "|  |  |\n| --- | --- |\n| \u6536\u5165 | b |",
        ),
        ("<p>two\nlines \u4e2d\nand</p>", "two lines \u4e2d and"),
    ],
)
def test_a_line_break_between_ideographs_is_none(html: str, text: str) -> None:
    assert [block.text for block in from_html(html).blocks] == [text]


def test_a_long_list_is_several_passages() -> None:
    items = [f"item {n} {'x' * 90}" for n in range(100)]
    found = texts(f"<ul>{''.join(f'<li>{item}' for item in items)}</ul>")
    assert len(found) > 3
    assert max(map(len, found)) < 2300
    assert "\n".join(found) == "\n".join(f"- {item}" for item in items)


def test_a_list_that_holds_blocks_is_walked() -> None:
    parsed = from_html("<ul><li>first<pre>code</pre></li><li>second</li></ul>")
    assert [block.text for block in parsed.blocks] == ["first", "code", "second"]


def test_code_keeps_its_lines() -> None:
    (block,) = from_html("<pre><code>def f():\n\treturn 1 &lt; 2\n</code></pre>").blocks
    assert block == Block(Kind.TEXT, "def f():\n    return 1 < 2", metadata={"code": True})


def test_code_keeps_breaks() -> None:
    assert texts("<pre>alpha<br>  beta<br/>gamma</pre>") == ["alpha\n  beta\ngamma"]


def test_a_table_with_caption_and_spans() -> None:
    html = """<table><caption>Results &amp; times</caption>
      <thead><tr><th>Raft</th><th colspan=2>Time | rank</th></tr></thead>
      <tr><td rowspan=2>Tube</td><td>14&nbsp;min</td><td>1</td></tr>
      <tr><td>15 min</td><td>2</td></tr></table>"""
    (block,) = from_html(html).blocks
    assert (block.kind, block.caption) == (Kind.TABLE, "Results & times")
    assert block.text == (
        "| Raft | Time \\| rank |  |\n| --- | --- | --- |\n| Tube | 14 min | 1 |\n|  | 15 min | 2 |"
    )


def test_a_table_without_a_header_gets_an_empty_one() -> None:
    (block,) = from_html("<table><tr><td>a<td>b<tr><td>c<td>d</table>").blocks
    assert block.text == "|  |  |\n| --- | --- |\n| a | b |\n| c | d |"


def test_a_table_for_layout_is_walked() -> None:
    assert texts("<table><tr><td><p>one</p><p>two</p></td></tr></table>") == ["one", "two"]
    inner = "<table><tr><td>a<td>b</table>"
    kinds = [block.kind for block in from_html(f"<table><tr><td>x<td>{inner}</table>").blocks]
    assert kinds == [Kind.TEXT, Kind.TABLE]


def test_pictures_carry_caption_title_and_alternative_text() -> None:
    html = """<p>before <img src="a.png" alt="A plan" title="Plan"> after</p>
      <figure><img src="b.png" alt="Bars"><figcaption>Figure 1: <i>Rain</i></figcaption></figure>
      <a href="x"><img src="c.png" alt="Bars"></a><img alt="no source">"""
    parsed = from_html(html)
    assert [(block.kind, block.text, block.caption, block.source) for block in parsed.blocks] == [
        (Kind.TEXT, "before after", "", ""),
        (Kind.FIGURE, "", "Plan. A plan", "a.png"),
        (Kind.FIGURE, "", "Figure 1: Rain. Bars", "b.png"),
        (Kind.FIGURE, "", "Bars", "c.png"),
    ]


def test_a_figure_may_hold_a_table_or_code() -> None:
    html = "<figure><table><tr><td>a<td>b</table><figcaption>Table 2</figcaption></figure>"
    (table,) = from_html(html).blocks
    assert (table.kind, table.caption) == (Kind.TABLE, "Table 2")
    code = "<figure><pre>x = 1</pre><figcaption>Listing 3</figcaption></figure>"
    assert texts(code) == ["Listing 3", "x = 1"]


def test_no_caption_is_lost() -> None:
    column = "<figure><table><tr><td>one</table><figcaption>Rain</figcaption></figure>"
    assert texts(column) == ["Rain", "one"]
    both = (
        "<figure><table><caption>By day</caption><tr><td>a<td>b</table><figcaption>Rain</figcaption></figure>"
    )
    assert [block.caption for block in from_html(both).blocks] == ["Rain. By day"]
    assert texts("<table><caption>Rain</caption><tr><td><td></table>") == ["Rain"]
    framed = "<figure><table><tr><td><img src=a.png></table><figcaption>Rain</figcaption></figure>"
    assert from_html(framed).blocks == (Block(Kind.FIGURE, "", caption="Rain", source="a.png"),)


def test_title_and_metadata() -> None:
    parsed = from_html(
        """<html lang="zh"><head><title> The
        title </title><meta name="author" content="A. B."><meta property="og:image" content="x">
        <meta name="Description" content="About it"></head><body><h1>Other</h1></body></html>"""
    )
    assert parsed.title == "The title"
    assert parsed.metadata == {"author": "A. B.", "description": "About it", "language": "zh"}
    assert from_html("<h2>no</h2><h1>Named</h1>").title == "Named"
    assert from_html("<!doctype html><title>Bare</title><h1>Named</h1>").title == "Bare"
    assert (
        from_html("<head><title>\u5e74\u5ea6\n\u62a5\u544a</title></head>").title
        == "\u5e74\u5ea6\u62a5\u544a"
    )


def test_an_icon_gives_no_title() -> None:
    assert from_html("<body><svg><title>Menu</title></svg><h1>Named</h1></body>").title == "Named"


def test_end_tags_may_be_left_out() -> None:
    html = """<table><thead><tr><th>a<th>b<tbody><tr><td><ul><li>x<li>y</ul><td>2<tr><td>3<td>4</table>after
    <ol><li>one<p>more<li>two<ul><li>in</ol>end"""
    blocks = from_html(html).blocks
    assert [block.text for block in blocks] == [
        "| a | b |\n| --- | --- |\n| x y | 2 |\n| 3 | 4 |",
        "after",
        "1. one more\n2. two\n  - in",
        "end",
    ]


def test_mathematics_are_read_as_written() -> None:
    assert texts('<p>so <math alttext="x^2"><mi>x</mi></math> holds</p>') == ["so x^2 holds"]
    note = '<annotation encoding="application/x-tex">E=mc^2</annotation>'
    katex = f"<math><semantics><mrow><mi>E</mi></mrow>{note}</semantics></math>"
    assert texts(f"<p>Energy {katex} holds</p>") == ["Energy E=mc^2 holds"]
    assert texts(f"<ul><li>{katex}</ul>") == ["- E=mc^2"]
    other = '<annotation-xml encoding="MathML-Content"><ci>no</ci></annotation-xml>'
    assert texts(f"<math><semantics><mi>x</mi>{other}</semantics></math>") == ["x"]


def test_any_depth_is_read() -> None:
    assert texts("<div>" * 5000 + "deep" + "</div>" * 5000) == ["deep"]
    assert texts("<b>" * 5000 + "deep") == ["deep"]
    assert "deep" in texts("<ul><li>" * 500 + "deep")[-1]


@pytest.mark.parametrize(
    "broken", ["<![if x]><p>a</p>", "<p>a</p><!DOCTYPE", "<p>a</p><", "<p>a</p><![CDATA[", ""]
)
def test_broken_markup_does_not_stop_the_reader(broken: str) -> None:
    assert ("a" in " ".join(texts(broken))) == ("a" in broken)


@given(st.text("<>/!-[]&;abp \n'\"=", max_size=60))
def test_any_text_is_read_as_html(text: str) -> None:
    for block in from_html(text).blocks:
        assert block.text == block.text.strip()
