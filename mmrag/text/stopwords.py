"""Words that say how a sentence is built, not what it is about."""

from __future__ import annotations

# What tells languages of one script apart: frequent words, each of as few of these languages as possible.
_FUNCTION_WORDS = {
    "en": """
        the of and to in is are was were that this with for from by which what how as at it be on or an
        not can have has you we they their its who whose where when why does do did many much
    """,
    "fr": """
        le la les des du de et est dans pour que qui une un sur avec par pas ce cette ces au aux sont
        plus il elle nous vous leur quel quelle quels quelles comment combien quand pourquoi où en ou l d qu s
        n
    """,
    "de": """
        der die das und ist von mit den dem des ein eine einer eines nicht auf für im zu sich auch
        werden wird sind oder als nach bei aus wie was welche welcher welches wo warum wann wer wem kann
    """,
    "es": """
        el la los las del de y es en para que una un por con se su sus como más pero lo al son está qué
        cuál cuáles cómo dónde cuántos cuánto cuándo quién quiénes
    """,
    "it": """
        il lo la gli le di del della dei delle che e è in per con una un non si sono come più nel nella
        da al alla cosa quale quali quanto dove
    """,
    "pt": """
        o os as a do da dos das de e é em para que uma um por com não se no na nos nas ao como mais são
        qual quais quanto onde
    """,
    "nl": """
        de het een en van is in dat op te zijn met voor niet aan er om ook als bij door maar wat welke
        hoe waar naar worden wordt
    """,
}
FUNCTION_WORDS: dict[str, frozenset[str]] = {
    code: frozenset(words.split()) for code, words in _FUNCTION_WORDS.items()
}

# Left out of word search. Words that carry meaning in another of these languages stay in (car, son, war,
# hat, man, sin, con), since one list serves all languages: see `mmrag.text.terms`.
_ENGLISH = """
a about above after again all also although am an and any are as at be because been before being below
between both but by can could did do does doing done don down during each eg either else etc ever few for
from further get gets give given gives had has have having he her here hers herself him himself his how
however i ie if in into is it its itself just let ll may me might more most much many must my myself
neither no nor not of off often on once one only or other others our ours ourselves out over own per
rather same see shall she should shown since so some such than that the their theirs them themselves then
there these they this those though through thus to too under until up upon us use used uses using very
was we were what whatever when where whether which while who whom whose why will with within without
would yet you your yours yourself yourselves
"""
_FRENCH = """
ai au aucun aussi autre autres aux avec avait avoir ce ceci cela celle celles celui ces cet cette ceux
chaque comme comment combien dans de des donc dont du elle elles en encore entre est et etaient etait
etant ete etre eux il ils je la laquelle le lequel les lesquels leur leurs lors lui mais meme memes moi
ne ni nos notre nous ont ou par parce pas peu peut pour pourquoi quand que quel quelle quelles quels qui
quoi sa sans se sera ses si soit sont sous suis sur ta te tes toi tous tout toute toutes tres tu un une
vers via voici vos votre vous
"""
_GERMAN = """
aber alle allem allen aller als am auch auf aus bei beim bis bist da damit dann das dass dein dem den
denn der des deren dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem
einen einer eines er es euch fur gegen hatte haben habe hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
im in ist ja jede jeder jedes kann kein keine konnen mein mich mir mit nach nicht noch nun nur ob oder
ohne sehr sein seine sich sie sind sowie uber um und uns unser vom von vor wann warum weil welche welchem
welchen welcher welches wenn wer werden wie wieder wieviel wir wird wo wurde wurden zu zum zur zwischen
"""
_SPANISH = """
al algo algunos ante antes aqui asi aunque cada como cual cuales cuando cuanta cuantas cuanto cuantos de
del desde donde dos durante el ella ellas ellos en entre es esa ese eso esta estaba estan estas este esto
estos fue fueron ha han hasta hay la las le les lo los mas me mi mientras muy nada ni nos nosotros o otra
otro otros para pero poco por porque pues que quien quienes se segun ser si sido sobre su sus tambien
tanto te tiene todo todos tras tu un una unas uno unos ya y
"""
STOP_WORDS: frozenset[str] = frozenset((_ENGLISH + _FRENCH + _GERMAN + _SPANISH).split())

ACRONYMS = frozenset({"WHO", "IT", "US"})
"""Names that are stop words when they are written in small letters."""

_CHINESE = """
为什么 什么 怎么样 怎么 怎样 如何 哪个 哪些 哪一 哪种 哪里 哪儿 多少 几个 是否 请问 以及 这个 那个 这些 那些
我们 你们 他们 它们 因为 所以 但是 如果
為什麼 什麼 怎麼 怎樣 哪個 哪種 哪裡 幾個 請問 這個 這些 我們 因為
"""
# Question words cut a run of ideographs in two, so that no bigram holds half of one. Longest first.
CJK_STOP_WORDS: tuple[str, ...] = tuple(sorted(_CHINESE.split(), key=len, reverse=True))
# Dropped as single characters only: inside a pair they may be part of a word (目的, 但是).
CJK_STOP_CHARACTERS: frozenset[str] = frozenset(
    "的了是在和与与及或也都就而于被把对以为之其这那有个中上下请吗呢吧啊們们個與為於這對のはをがにでとも"
)
