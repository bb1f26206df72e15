"""What no text of ours may say (GUARD-08): a promised return, or advice outside of the authorised scope (GUARD-06).

A sentence that denies ("no guarantee of returns", "nobody can promise") or that doubts is no promise. The authorised
scope is the classes and instruments of the analysis; derivatives, borrowing, tax filing, law and products for sale are
outside, whoever asks for them.
"""

import re

_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")
_GAIN = (
    r"(?:returns?|profits?|gains?|income|growth|performance|results?|outcomes?|yields?|success|increase|wealth|"
    r"interest|"
    r"winners?|retirement|money|capital|value)"
)
_RISE = (
    r"(?:rise|grow|gain|profit|outperform|succeed|increase|double|triple|earn|win|make money|go up|beat|reach|pay "
    r"off|recover|"
    r"appreciate|have enough|last|be (?:rich|a millionaire|profitable|fine))"
)
_SURE = (
    r"(?:definitely|certainly|surely|undoubtedly|inevitably|absolutely|without (?:a )?doubt|for sure|for certain|"
    r"no doubt|"
    r"guaranteed|always|invariably|unfailingly|without fail)"
)
_LOSE = r"(?:lose|lost|loses|losing|fail|fails|run out|miss|go wrong|fall|decline|drop|go down|disappoint)"

_PROMISES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\bguarante\w*\b[^.!?\n]{{0,40}}?\b{_GAIN}\b",
        rf"\b{_GAIN}\b[^.!?\n]{{0,40}}?\bguarante\w*\b",
        r"\bguarante\w*\s+(?:to|that|you|at least|a minimum)\b",
        rf"\b(?:risk[- ]?free|riskless|certain|assured|sure|inevitable|sure-fire|surefire)\s+{_GAIN}\b(?!\s+rate)",
        rf"\b(?:cannot|can't|can not|can never|could never|will never|won't|will not ever|never ever|no way to|"
        rf"not possible to|"
        rf"unable to|impossible to)\s+(?:possibly\s+)?{_LOSE}\b",
        r"\bnever\s+(?:loses|lost|fails|falls|goes down)\b",
        r"\b(?:sure thing|no[- ]risk|zero[- ]risk|without (?:any )?risk|dead certain|safe bet|easy money|free "
        r"money|no[- ]brainer|"
        r"can't[- ]miss|can't go wrong|foolproof|fool-proof|fail-?safe|bullet-?proof|sure-?fire|risk[- ]?free "
        r"(?:investment|fund|"
        r"strategy|plan|way))\b",
        rf"\b(?:certain|sure|bound|assured|destined|set|certain that \w+(?: \w+){{0,3}} will)\s+to\s+{_RISE}\b",
        rf"\bwill\s+{_SURE}\s+(?:\w+\s+){{0,2}}?{_RISE}\b|\b{_SURE}\s+(?:will\s+)?(?:\w+\s+)?{_RISE}\b",
        rf"\b(?:will|would|is going to)\s+(?:\w+\s+){{1,4}}{_SURE}\b",
        r"\balways\s+(?:goes up|go up|makes? money|wins?|beats?|rises?|recovers?|pays? off|outperforms?|grows?|"
        r"gains?)\b",
        r"\b(?:zero|no)\s+(?:chance|possibility|risk|danger)\s+of\s+(?:any\s+)?(?:loss|losing|failure|failing)\b",
        r"\b(?:loss|losses|failure)\s+(?:is|are)\s+(?:impossible|out of the question|excluded)\b",
        r"\b(?:completely|absolutely|perfectly|totally|entirely|100\s?%|one hundred percent)\s+(?:safe|secure|"
        r"riskless|certain)\b",
        r"\b(?:success|return|returns|profit|profits|gains|growth|retirement|income)\s+(?:is|are)\s+(?:assured|"
        r"certain|inevitable|"
        r"secured|locked in|all but certain|a given|a certainty|promised)\b",
        r"\breturns?\b[^.!?\n]{0,20}\block(?:ed)? in\b|\block in\b[^.!?\n]{0,12}\b(?:sure|certain|profits|returns|"
        r"gains)\b",
        r"\byou(?:'re| are) (?:assured|certain|sure) (?:of|to)\b|\brest assured\b|\b(?:you have|take) (?:our|my) "
        r"word\b",
        rf"\b(?:we|i)\s+(?:promise|pledge|vow|are certain|am certain|are sure|am "
        rf"sure)\b[^.!?\n]{{0,60}}\b(?:{_GAIN}|{_RISE}|"
        r"not run out|will)\b",
        r"\b(?:has|carries|with|there is|there's)\s+no\s+(?:downside|risk(?: whatsoever| at all)?(?=\s*[.!,]|$|"
        r"\s+whatsoever|\s+at all))",
        r"\b(?:no matter what|whatever happens|come what may)\b",
        rf"\bensures?\s+(?:(?:higher|better|good|positive|strong|steady)\s+{_GAIN}|that you will (?:not|never))",
        r"\bnothing can go wrong\b",
    )
)
_DENIAL = re.compile(
    r"(?:\b(?:not|no|never|nor|neither|cannot|without|nobody|nothing|hardly|whether|wrong to|if|unlikely|far from|"
    r"no one|none)\b|"
    r"n't\b)[^.!?\n;]{0,40}$",
    re.I,
)
_DOUBT = re.compile(r"\bnot (?:always|necessarily|certain|sure|assured|ensure|risk-free|promised)\b|\bpension\b", re.I)

_OUT_OF_SCOPE = {
    "derivatives": r"\b(?:(?:call|put|stock|index|covered) (?:options?|calls?|puts?)|options? (?:strateg\w+|"
    r"contracts?|trading)|"
    r"futures contracts?|swaps?|write (?:calls|puts)|iron condor|straddle)\b",
    "borrowing and "
    "leverage": r"\b(?:(?:on|use|using|buy on|with) margin|margin (?:loan|account|trading)|leveraged? (?:etfs?|funds?|"
    r"products?|position)|short[- ]sell\w*|borrow\w* (?:money )?(?:to|for) (?:buy|invest)\w*|home equity to invest)\b",
    "tax filing": r"\b(?:form (?:1040|8606|1099|w-?2)|file (?:your|the|an amended) (?:tax )?returns?|claim (?:a|"
    r"the|this) deduction|"
    r"on your tax return|evade taxes|avoid paying tax(?:es)?)\b",
    "law": r"\b(?:legal advice|draft (?:a|your) will|sue (?:your|the)|legally (?:entitled|required) to|your legal "
    r"rights?)\b",
    "products for "
    "sale": r"\b(?:our (?:own )?(?:fund|product|partner)s?|exclusive offer|sign up (?:now|today|with)|promo code|"
    r"referral|commission for)\b",
}
_TOPICS = {topic: re.compile(pattern, re.I) for topic, pattern in _OUT_OF_SCOPE.items()}
_REFUSES = re.compile(
    r"\b(?:not|no|never|avoid|without|outside|beyond|neither|nor|cannot|consult|ask|talk to|speak to|professional|"
    r"attorney|"
    r"lawyer|accountant|cpa|tax adviser|tax advisor)\b|n't\b",
    re.I,
)
_ADVISES = re.compile(
    r"\b(?:buy|buying|add|use|using|consider|recommend\w*|should|could|open|switch|invest|try|increase|borrow\w*|"
    r"write|sell|claim|"
    r"file|sign|draft|sue|take|start|you (?:can|may))\b",
    re.I,
)


def guaranteed_wording(text: str) -> tuple[str, ...]:
    """Phrases that promise a return; a denial just before them is none ("no guarantee of returns")."""
    plain = _SPACE.sub(" ", text)
    found: dict[str, None] = {}
    for promise in _PROMISES:
        for match in promise.finditer(plain):
            # "You cannot lose" denies a loss, which is the promise; any other denial before or in the phrase counts.
            word = re.search(r"\bguarante|\bpromise|\bassured|\bcertain\b|\bsure\b|\bensure", match.group(), re.I)
            before = plain[max(0, match.start() - 60) : match.start() + (word.start() if word else 0)]
            around = plain[max(0, match.start() - 30) : match.end()]
            if not _DENIAL.search(before) and not _DOUBT.search(around):
                found[match.group().strip()] = None
    return tuple(found)


def out_of_scope(text: str) -> tuple[str, ...]:
    """Topics that a text advises on without authority; a sentence that refuses or refers elsewhere is fine."""
    found: dict[str, None] = {}
    for sentence in _SENTENCE.split(text):
        for topic, pattern in _TOPICS.items():
            if pattern.search(sentence) and _ADVISES.search(sentence) and not _REFUSES.search(sentence):
                found[topic] = None
    return tuple(found)


def wording_faults(text: str) -> tuple[str, ...]:
    """Reasons to refuse a text for its words alone."""
    return (
        *(f"promises a return: {phrase!r}" for phrase in guaranteed_wording(text)),
        *(f"advises on {topic}, which is outside of the authorised scope" for topic in out_of_scope(text)),
    )
