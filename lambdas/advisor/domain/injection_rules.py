"""What attacks on a model's instructions say, in English: word patterns by rule (GUARD-03, second layer).

A pattern is words with alternatives; ``~`` is a gap of up to four words. Objects that investors speak of too (rules,
limits, guidelines, instructions of a plan) count only where they are the machine's: "your", "above", "all previous".
"""

_DROP = (
    "(ignore|disregard|forget|neglect|overrid(e|es|ing)|overwrit(e|ing)|bypass|skip|drop|discard|abandon|dismiss|cancel"
    "|revoke|erase|delete|remove|replace|circumvent|evade|disobey|violate|break|suspend|lift|set aside|put aside"
    "|stop (obeying|following|using)|pay no attention to|(do not|don t|never|no longer|need not|without) (follow|obey|"
    "comply|apply|adhere|use|need to (follow|obey|comply))|not bound (by|to)|no longer bound|(free|freed) (of|from))"
)
_MINE = (
    "(you|your|yours|all|every|each|whatever|these|those|previous|prior|preceding|above|earlier|former|past|initial|"
    "original|system|safety|developer|compliance|its|said|given|usual)"
)
_ORDERS = (
    "(instructions?|prompts?|directives?|directions|guidelines?|guidance|rules?|orders?|commands?|programming|"
    "restrictions?|constraints?|limits?|limitations|guardrails?|filters?|polic(y|ies)|safeguards|checks|training|"
    "memory|moderation|chains|confines|ethics|task|schema)"
)
_THE_ORDERS = "(instructions?|prompt|directives|guidelines|guardrails|schema|safety|system message|tool)"
_LIMITLESS = "(no|without|any|zero|never|not|free of|lacks?|ignores?|beyond|outside|nor|had no|have no)"
_LIMITS = (
    "(rules?|restrictions?|limits?|limitations|guidelines?|filters?|ethics|ethical|morals?|polic(y|ies)|constraints?|"
    "censorship|alignment|safety|guardrails?|refuse|refusal|compliance|boundaries)"
)
_MACHINE = (
    "(ai|a i|llm|model|language model|chatbot|bot|assistant|gpt|oracle|terminal|interpreter|machine|computer|system|"
    "persona|character|adviser|advisor|broker|trader|pirate|hacker|administrator|admin)"
)
_SHOW = (
    "(repeat|reveal|show|print|output|display|leak|dump|quote|recite|translate|summari[sz]e|paraphrase|tell|list|write|"
    "spell|copy|encode|give|share|expose|disclose|send|read|return|what (is|are|were|was|does|do|s)|describe|reproduce|"
    "recall|paste|include|convert|put)"
)
_HIDDEN = (
    "(system prompts?|system message|initial prompt|first prompt|hidden (rules|text|prompt|instructions|output)|"
    "developer message|context window|environment variables?|api keys?|passwords?|secret tokens?|data block|"
    "raw (json|prompt|request|input)|system text|system instructions|credentials|access keys?|prompt)"
)

RULES: dict[str, tuple[str, ...]] = {
    "override": (
        f"{_DROP} ~ {_MINE} ~ {_ORDERS}",
        f"{_DROP} ~ the {_THE_ORDERS}",
        f"{_DROP} ~ the (rules?|orders|directions|directives|policy|text|lines?) (above|before|in your|you|of your)",
        f"{_DROP} ~ (everything|anything|all|what|whatever|nothing) ~ (above|before|earlier|previously|prior|told|said|"
        "so far|until now|preceding)",
        "(what|nothing|whatever|everything) ~ (system|developers?|operators?|creators?) ~ "
        "(told|tells|wrote|says?|said|matters?|counts?)",
        "(your|the|earlier|previous|prior|above|all|those|these) ~ (instructions|directions|orders|rules|directives|"
        "guidelines|restrictions|guardrails) ~ (cancelled|canceled|void|no longer|obsolete|outdated|null|suspended|"
        "lifted|revoked|not apply|don t apply|expired|not matter|invalid)",
        "your (new|real|actual|true|only|sole|next|updated|current) (task|instructions?|objective|mission|goal|orders?|"
        "role|persona|identity|purpose|job|rules|prompt) (is|are|will|begins?|now)",
        "(new|updated|real|actual|true|following|real) (system )?(instructions|prompt|orders|directives) (follow|are|"
        "below|from (the )?(developer|system|operator|admin)|take)",
        "here are the (real|actual|true|new) (ones|instructions|orders|rules)",
        "the (actual|real|true) (task|prompt|instructions|goal|user|request) (is|are|follows?|begins?)",
        "replace your ~ with",
        "(obey|comply with|follow|listen to|serve) ~ (only me|me only|my (commands?|orders?|instructions?|words)|mine)",
        "(you|start|must|only|and|simply|now) (obey|obeying) ~ (me|user|my|message|client)",
        "obey$",
        "(follow|obey|execute) only ~ (commands?|instructions?|orders?|message|words|text)",
        "only my words (count|matter)",
        "(this|my|following|next) (message|text|line|request) ~ (highest priority|priority|instruction|overrides?|"
        "supersedes?|outranks?)",
        "do the opposite of (what )?(you|your)",
        "(cancel|abandon|stop|end|quit|leave) (your|the) (current )?(task|analysis|report|job) and",
        "instead of (the|your|a|this) (report|answer|analysis|task|reply|summary) ~ "
        "(output|write|say|print|reply|answer|tell|give|return)",
        "(only (reply|respond|answer|output|say)|(reply|respond|answer|output|say) only|just (output|print|reply)) ~ "
        "(with|the|json|ok|yes|word|exactly)",
        "(respond|reply|answer) with (an empty|nothing but|only|the (word|text))",
        "(output|print|say|repeat|write) the word ~ times",
        "(discard|drop|forget|ignore) (whatever|all|any) rules",
        "override (code|command|mode|protocol|accepted|granted|complete|enabled)",
        "system override",
        "(memory|context|context window|session) (reset|cleared|wiped)",
        "(revoke|lift|remove|drop) all (limits|constraints|restrictions|rules)",
        "(act|behave|speak|answer) ~ not bound by",
    ),
    "role play": (
        "from now on you (are|will|must|have|shall|can|may|answer|act|obey)",
        f"you are now ~ {_MACHINE}",
        "you are now (dan|free|unrestricted|unbound|in|unlocked|jailbroken|called|named|going)",
        "(dan|stan|aim|dude) (mode|prompt|jailbreak|enabled|who can)",
        "do anything now",
        f"(act|behave|respond|answer|speak|reply|function|operate|work|roleplay) (as|like) ~ (unrestricted|unfiltered|"
        f"uncensored|evil|without {_LIMITLESS}|without|ai|chatbot|model|terminal|admin|administrator|hacker|root|dan|"
        "developer mode|version of you|unaligned)",
        "(act|behave|respond|answer|speak) (as if|as though|like) (you|your|compliance|safety|no)",
        f"(pretend|imagine|suppose|assume|simulate|hypothetically|if|act like|picture|say|fiction) ~ "
        f"(you|your|chatbot|an ai|assistant|model) ~ {_LIMITLESS} ~ {_LIMITS}",
        "(you|fiction) ~ (may|can|could) break (every|any|all) rules?",
        f"(chatbot|ai|assistant|model|adviser|bot) (that|who|which|with|without) ~ {_LIMITLESS}? ?{_LIMITS}",
        f"(you|your|ai|answer|respond|everything|speak|oracle|trader|persona) ~ (without|with no|with zero) ~ "
        f"{_LIMITS}",
        "(developer|dev|god|jailbreak|debug|sudo|unrestricted|maintenance|unfiltered|admin|evil|dan|free) mode",
        "(role ?play|stay in character|in character|jailbreak) (as|and|for|mode|never|with)",
        "let s play a game ~ (you|answer|where|which)",
        "your (persona|identity|character|name) is now",
        "(you|will|must|shall) ~ (play|assume|take on|take) (the )?(part|role|persona) of",
        f"assume the role of (a|an) {_MACHINE}",
        "(disabl(e|ing)|turn(ing)? off|switch(ing)? off|deactivat(e|ing)|unlock|remov(e|ing)|lift|bypass) ~ "
        "(filters?|moderation|safety|guardrails?|restrictions?|censorship|content policy|safeguards)",
        "(bypass|evade|disable|remove) all (filters|checks|safeguards|limits|controls)",
        "(uncensored|unfiltered|unrestricted|unbound|jailbroken|unaligned|unlimited) (ai|assistant|model|self|adviser|"
        "version|bot|answer|mode|chatbot|gpt|response|oracle)",
        "\\w+gpt",
        "(your|the) (safety training|alignment|ethical training|creators?|safety layer|safety filter)",
        "before alignment",
        "(you have been|you are|you re|set you) (freed|free (of|from)|liberated|unchained|unshackled|released)",
        "you are my (deceased|late|dead)",
        "(everything|anything) forbidden is (allowed|permitted)",
        "opposite day",
    ),
    "exfiltration": (
        f"{_SHOW} ~ (your|the|its|my|any|which|hidden|exact) ~ {_HIDDEN}",
        f"{_SHOW} {_HIDDEN}",
        f"{_SHOW} ~ your ~ (instructions|directives|guardrails|hidden|rules|guidelines|configuration|orders|"
        "programming|context|memory|secrets?|prompts?)",
        f"{_SHOW} ~ (everything|text|words|lines|content|message) ~ (above|preced(es|ing)|before this|before my)",
        "(what|which|quote|tell|list|repeat) ~ (instructions|policy|rules|guidelines|orders) ~ you (were|have "
        "been|are|"
        "follow|got|received|must)",
        "(which|what|any) ~ (api keys?|passwords?|credentials|secrets?|tokens?) ~ (you|your|configuration|config)",
        "copy ~ data block",
        f"{_SHOW} ~ (other|all|every|another) (clients?|users?|customers?|investors?) ?s? ~ "
        "(holdings|balances?|portfolios?|data|names?|accounts?|positions)",
        f"{_SHOW} ~ (names?|balances?|holdings|accounts?|data) ~ (of|from|for) (your |the )?(other|all|every) "
        "(clients|users|customers|investors)",
        "(see|access|read|get) (all|other|every) (clients?|users?|customers?) ?s? data",
        "(start|begin) (your|the) (reply|answer|response|output|report) with",
        "complete the sentence",
        "my instructions are$",
        "(text|words|content|everything) between data",
        "(link|image|url|picture) ~ (carries|carry|contains?|with) ~ (account|balance|numbers?|values?|"
        "parameters?|data)",
        "(send|post|upload|transmit|forward) ~ (to|at) https?",
        "(wording|text|content|contents|list|copy) of your (guardrails|rules|instructions|prompt|guidelines|"
        "directives)",
        "(confidential|secret|hidden|internal) (guidelines|rules|instructions|directives|polic(y|ies)) ~ you",
        "told never to (share|reveal|show|tell)",
        "you write portfolio reports",
    ),
    "tool abuse": (
        "(call|invoke|use|keep calling|trigger|abuse) (the|your|this|every|all|any)? ?(tools?|function) ~ "
        "(twice|to|with|until|again|times|for|and)",
        "(call|invoke) the (tool|function)",
        "(do not|don t|never|without) (use|using|call|calling) (the|your|any) tools?",
        "(write_report|classify_instrument|choose_charts|explain_retirement|(delete|drop|create|update|get)_[a-z_]+)",
        "(drop (table|database)|delete from|insert into|union select|select [\\w ]{1,30} from|truncate table)",
        "(run|execute) ~ (sql|code|commands?|script|shell|python|query|my commands)",
        "(os|sys|subprocess) (system|environ|popen|exec)",
        "(eval|exec) (__import__|import|compile|os)",
        "__import__",
        "import os",
        "curl \\w+",
        "169 254 169 254",
        "(through|via|using) the ~ api (right )?(now|immediately|directly)?$",
        "(put|write|insert|fill|place) ~ (every|each|all|rationale) (fields?|sections?)",
        "fill the \\w+ field",
        "(success rate|confidence|total value|risk score|priority|probability) ~ (to|of|at) (a value outside|100|1 0|1|"
        "99|whatever|\\d{6,}|high$)",
        "(report|state|show|write) a total value of",
        "set ~ priority to (high|a)",
        "set priority to",
        "(leave out|omit|skip|remove|drop|hide|suppress|delete|without|no|forget) ~ (disclosures?|disclaimers?|"
        "risk warnings?|warnings?|legal notes?|important information)",
        "(say|write|state|claim|promise|mention|confirm|assert|must state|should state) that ~ (guaranteed|"
        "(never|cannot|can t) lose|no risk|risk free|risk is zero|worthless|zero risk|recommends?|certain|safe)",
        "(tell|inform|assure) the (reader|client|user|investor) (that|to)",
        "(guarantee|promise) me",
        "you would (guarantee|promise)",
        "which stock would you (guarantee|promise)",
        "(what|which) would you promise",
        "(approve|confirm|sign) ~ on my behalf",
        "approve (all|every|each) trades?",
        "mark ~ as approved",
        "(empty recommendations|million charts|10 ?mb answer|run out of tokens|empty object|infinite loop)",
        "(answer|respond|reply|write) in (free|plain) text",
        "(when|while) (classifying|tagging|rating|analy[sz]ing) (this|me|the) (instrument|fund|stock|account)?",
        "(tag|classify|rate|label) me as",
        "(always|must|only) (rate|recommend|classify|tag|answer|praise|rank) (this|me|the|with|as)",
        "(wire|transfer|send) ~ to the following account",
        "select from \\w+ where",
        "(fetch|open|load|visit|request) https? (localhost|127|10|internal)",
        "(delete|erase|wipe|drop) ~ (from the database|recommendations|records|tables?)",
        "(do not|don t|never) (mention|show|include|state|name|list) ~ (risks?|warnings?|disclaimers?|"
        "disclosures?|limitations)",
        "(ten thousand|a million|endless|infinite|unlimited) (recommendations|charts|words|sections|tools?|calls?)",
        "(loop|repeat|run|continue) (forever|endlessly|indefinitely)",
        "(compliance|auditors?|regulators?|reviewers?) (will|does|do|must|should) not (notice|see|know|find)",
        "send (an|a) (e ?mail|message|text) to",
        "(delete|erase|tamper with|alter|hide) ~ audit",
    ),
    "context": (
        "(end|begin|beginning|start|close|stop) (of )?(the )?(data|user input|trusted|privileged|prompt|untrusted|"
        "system|developer) ?(section|instructions|block|message|prompt)?",
        "(data|input|text) ends here",
        "(conversation|chat) (so far|history|until now)",
        "(system|admin|administrator|developer|root|operator) (message|override|notice|note|command|prompt)",
        "(message|note|notice|instruction|orders?|update|text|word) (from|by) (the |your )?(developers?|operator|"
        "anthropic|openai|creators?|administrator|system|amazon|compliance|admin)",
        "(note|dear|message|instruction|attention|hint|notice|memo|hey|hello) (to|for)? ?(the |any )?(ai|model|llm|"
        "assistant|language model|chatbot)",
        "(the|this) user is (an? |the )?(administrator|admin|developer|operator|root|owner of the system)",
        "this user (may|can|is allowed)",
        "(grant|give) (me )?(full|admin|root|unlimited) (access|rights|control)",
        "(comes?|is|are) from (your|the) (creators?|operators?|developers?)",
        "you (have )?(already )?(confirmed|agreed|promised) ~ (earlier|already|before|in this chat|you will)",
        "assistant (has )?(already )?agreed",
        "(compliance|safety|guardrails?|moderation|filter|safety layer) (is|are|has been|was|approved) ~ "
        "(off|disabled|lifted|suspended|anything|inactive)",
        "(written|inserted|sent) by an attacker",
        "the (model|assistant|ai|llm) (must|should|has to|will|is to|to) (state|say|obey|answer|reply|write|"
        "ignore|comply)",
        "tell the (model|assistant|ai)",
        "now you trust me",
        "(ai|llm|language model|assistant|the model) (must|shall|has to|will (call|say|state|approve|treat|ignore|"
        "rate)) \\w+",
        "(classify|tag|label) (this|everything|all|it|them) as",
        "(ai|llm|language model) (rate|say|call|mark|treat|give|write|tag|classify)",
        "(your|the) (supervisor|colleague|makers?|creators?) (model|already|said|approved|gave|told|says?)",
        "(json|data|block|facts?) (above )?(is|are) (fake|false|wrong|a decoy|outdated)",
        "(warnings|disclosures|disclaimers) are not (needed|required|wanted)",
        "(no|skip|without) validation",
        "(already )?promised me \\d",
        "what follows is (written|sent|approved) by",
        "begin new (session|conversation|chat)",
        "(trusted|privileged|secure|admin) (zone|section|block|area)",
        "(text|part|lines?) above ~ (attacker|fake|untrusted|not trusted|was a test)",
        "(was|were|is) (only )?a test ~ (actual|real) (task|prompt)",
        "trust this account",
    ),
}
