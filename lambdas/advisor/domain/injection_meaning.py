"""What attacks mean, in whatever words: groups of words that meet in one sentence, in any order (GUARD-03).

Wider than the patterns of `injection_rules`, and therefore bound to words about the machine itself: "your", "the
prompt".
"""

_YOU = r"(?:you|your|yours|yourself|ai|assistant|model|llm|chatbot|bot|system|operator|developer|auditors?)"
_BEFORE = (
    r"(?:previous|earlier|prior|above|original|initial|start|started|beginning|given|told|imposed|loaded|"
    r"question|before)"
)
_GONE = (
    r"(?:ignor\w*|disregard\w*|forget|aside|stop|drop|cancel\w*|delet\w*|unlearn|scrap|violat\w*|disobey\w*|"
    r"outdated|gone|"
    r"withdrawn|withdraw|over|void|lift\w*|disabl\w*|remov\w*|suspend\w*|let go|do not (?:listen|apply|follow|"
    r"count|matter)|"
    r"don t (?:listen|apply|follow)|noise|free|override|overrul\w*|break|bend|obsolete|reset|cleared|decoy|"
    r"invalid|without|"
    r"nothing|noise|deleted|no longer|cease|quit|evade|dodge|circumvent\w*|suppress\w*|renounce|reject|refuse)"
)
_LAW = (
    r"(?:you were told|operator|prompt|instruct\w*|guidance|guidelines?|rules?|rulebook|constraints?|"
    r"restrictions?|polic(?:y|ies)|prompt|orders|directives?|"
    r"programming|safeguards?|guardrails?|filters?|system message|limits|checks|setup|commands?|boundaries|safety|"
    r"compliance|caution|purpose|moderation|censor\w*|regulation|tool|tools)"
)
_PERSONA = (
    r"(?:be my|become|act|acting|pretend\w*|imagine|speak|talk|adopt|channel|personality|persona|simulat\w*|story|"
    r"fiction|"
    r"roleplay|character|alter ego|twin|your name|called|play|impersonat\w*|version|you re|you are|suppose)"
)
_LAWLESS = (
    r"(?:lawless|unfiltered|uncensored|unrestricted|without (?:a |any )?(?:filters?|rules|limits|restrictions|"
    r"polic\w+)|"
    r"(?:no|zero|had no|has no|were no|never says) (?:rules|polic\w+|limits|no|filters?|restrictions|conscience|"
    r"guardrails?)|"
    r"(?:removed|gone|suspended|disabled|evil|lies?|liar|guaranteed winners|knows? tomorrow\w*|freely|every "
    r"caution|omnipotent))"
)
_TELL = (
    r"(?:paste|quote|verbatim|reveal|show|print|repeat|send|append|turn|finish|recite|list|name|put|write|output|"
    r"say|says|tell|"
    r"dump|translate|spell|share|leak|summari[sz]e|copy|expose|disclose|describe|word for word)"
)
_HIDDEN = (
    r"(?:prompt|system instructions|setup text|your (?:instructions|guidelines|rules|configuration|context|"
    r"schemas?|secrets?|"
    r"system|hidden|initial|setup)|you (?:are|were|have been) (?:instructed|given|told)|you (?:started|begin|"
    r"start) with|"
    r"hidden (?:guidelines|rules|instructions|text)|secret from|data section|data block|(?:other|all) "
    r"(?:customers|clients|users)|"
    r"tools available to you|before my (?:question|message)|were you given)"
)
_DICTATE = (
    r"(?:say|write|state|make|give|claim|report|call|rate|treat|change|set|mark|declare|"
    r"pretend|present|describe|put|tell)"
)
_PRODUCT = (
    r"(?:recommendations?|success rate|balance|report|rationale|summary|conclusion|priority|this (?:fund|stock|"
    r"portfolio|account)|"
    r"confidence|total value|risk score|allocation|the reader|limitations|charts?)"
)
_FALSE = (
    r"(?:no matter what|even if it is not|even if|whatever (?:the data|it)|regardless|surely|will double|agreed|"
    r"one million|"
    r"perfect|the best|flawless|guaranteed|cannot lose|never lose|without risk|riskless|100|99|zero risk|"
    r"wonderful|approved|whatever the facts|is insured|fdic insured)"
)
_OWN = (
    r"(?:your (?:\w+ )?(?:rules|instructions|prompt|polic(?:y|ies)|filters?|safeguards|guardrails|programming|"
    r"programmers|makers?|"
    r"creators?|developers?|supervisors?|directives|training|constraints|setup|context|job|assignment|guidelines|"
    r"limits|tools?)|"
    r"you (?:were|have been|are|had been) (?:given|configured|instructed|told|programmed|trained|designed|"
    r"sentient|made)|"
    r"you (?:started|began|have become|must not|may not|know)|tool definitions|what not to say|the constraints|"
    r"its own rules|"
    r"no policy|customers did you)"
)
_AGAINST = (
    r"(?:against|outside|regardless|bores?|bug|overlook|crash\w*|replace|optional|higher|authority|comply|obey|"
    r"whisper|read|text|"
    r"literally|mine|real|praise|wrong|step|mistake|apologi[sz]e|verbatim|quote|letter|transcript|json|null|"
    r"nobody|sentient|"
    r"breaks?|fear|bows|before me|only|like to|first letter|one per|for a minute|for once)"
)
_TAKES = (
    r"(?:take on|adopt|wear|become|channel|in the voice|talk to me like|talk like|speak as|speak like|answer "
    r"(?:as|in|like)|you play|"
    r"let s pretend|pretend|imagine|impersonate|two answers|you are|you re|be the|pose as|sound like|respond as|"
    r"film|novel)"
)
_WHO = (
    r"(?:identity|voice of|mask|personality|hacker|pirate|con man|conman|liar|oracle|sentient|dark side|escaped|"
    r"villain|unmoderated|"
    r"the machine|evil|demon|twin|no licen[cs]e|no fear|promise anything|opposite of|gekko|crook|scammer|approved "
    r"everything|"
    r"speak freely|knows? tomorrow|every caution|not exist and|guru|prophet|without a conscience)"
)

IN_ONE_SENTENCE: dict[str, tuple[str, ...]] = {
    "override, in other words": (_GONE, _LAW, rf"(?:{_YOU}|{_BEFORE})"),
    "role play, in other words": (_PERSONA, _LAWLESS, rf"(?:{_YOU}|me|be|become|let us|let s|adviser|advisor)"),
    "exfiltration, in other words": (_TELL, _HIDDEN),
    "speaks of the machine's own rules": (_OWN, _AGAINST),
    "takes a persona": (_TAKES, _WHO),
    "speaks of the prompt": (
        r"(?:the|your|this|system|new|initial|echo|rest of the) prompt(?! (?:pay\\w*|care|reply|response|execution))",
    ),
    "dictated output": (_DICTATE, _PRODUCT, _FALSE),
}
"""Rules by meaning: words of every group in one sentence, in any order."""
