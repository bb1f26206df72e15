"""Common attacks in other languages: the verb of dropping with the orders, the role without limits, the prompt shown.

Patterns as in `injection_rules`, without marks on letters; for writing without spaces between words they are searched
as they stand. German, Spanish and the like name their "rules" with "your" or "all" before they count.
"""

_ES = "(ignora|ignore|olvida|olvide|olvidate|desobedece|omite|descarta|haz caso omiso|no hagas caso|pasa por alto)"
_DE = "(ignorier\\w*|vergiss|vergessen sie|missachte\\w*|umgehe|ubergeh\\w*|uberspringe|beachte nicht|verwirf)"
_FR = "(ignore[zr]?|oublie[zr]?|ne tiens pas compte|ne tenez pas compte|neglige[zr]?|contourne[zr]?|desobeis)"
_IT = "(ignora|ignorate|dimentica|trascura|scorda|disobbedisci)"
_PT = "(ignore|ignora|esqueca|desconsidere|desobedeca|esquece)"

LANGUAGES: dict[str, tuple[str, ...]] = {
    "override, in another language": (
        f"{_ES} ~ (instrucciones|reglas|ordenes|indicaciones|directrices|restricciones|anterior|anteriores)",
        f"{_DE} ~ (anweisung\\w*|regeln|vorgaben|befehle\\w*|instruktion\\w*|richtlinien|was oben|bisherige\\w*)",
        f"{_FR} ~ (instructions?|consignes|regles|directives|ordres|ce qui precede|restrictions)",
        f"{_IT} ~ (istruzioni|regole|direttive|ordini|indicazioni)",
        f"{_PT} ~ (instrucoes|regras|ordens|diretrizes)",
        "(negeer|vergeet) ~ (instructies|regels|opdrachten)",
        "(ignorera|glom) ~ (instruktioner|regler)",
        "(zignoruj|zapomnij|pomin) ~ (instrukcje|polecenia|zasady|reguly|instrukcjach|zasadach)",
        "(yok say|unut|gormezden gel) ~ (talimat\\w*|kural\\w*)",
        "(talimat\\w*|kural\\w*) ~ (yok say|unut|gormezden gel)",
        "(игнорируй\\w*|забудь\\w*|отмени|пренебреги|не обращай внимания) ~ (инструкци\\w*|правил\\w*|указани\\w*|"
        "команд\\w*)",
    ),
    "machine's own rules, in another language": (
        "tus (instrucciones|reglas|indicaciones|directrices|filtros)",
        "deine[nr]? (anweisungen|regeln|vorgaben|instruktionen|befehle|system ?prompt|prompt|filter)",
        "tes (consignes|instructions|directives|regles|filtres)",
        "(le tue|tue) (istruzioni|regole|direttive)",
        "(tuas|teu) (instrucoes|regras|prompt|diretrizes)",
        "твои\\w* (правила|инструкции|указания|ограничения)",
        "(sin|no tuvieras|no tienes|ninguna?) (limites|reglas|filtros?|restricciones) ~ (conmigo|asistente|ia)",
        "(haz|actua|habla|responde|finge) ~ (sin|no tuvieras) (limites|reglas|filtros?|restricciones)",
        "(sprich|antworte|rede|handle|sei|tu) ~ ohne (filter|regeln|einschrankungen|grenzen)",
        "(parle[zr]?|reponds|agis) ~ sans (filtre|regles?|limites?)",
        "(non avere|senza) (regole|filtri|limiti) ?(con me)?$",
        "(no )?obedece[sr]? (a nadie|solo|mas)",
    ),
    "role play, in another language": (
        "(ahora eres|a partir de ahora|actua como|finge que|haz como si) ~ (sin|ninguna|asistente|restricciones|"
        "ia|reglas)",
        "(du bist jetzt|ab jetzt bist du|tu so als|verhalte dich) ~ (ohne|assistent|ki|keine|regeln)",
        "(tu es maintenant|vous etes maintenant|agis comme|fais comme si|a partir de maintenant) ~ (sans|aucune|"
        "ia|assistant)",
        "(ora sei|adesso sei|fai finta|agisci come) ~ (senza|ia|assistente|regole)",
        "(agora voce e|finja|aja como) ~ (sem|ia|assistente|regras)",
        "(теперь ты|притворись|представь что ты) ~ (без|ограничени\\w*|правил\\w*|помощник\\w*)",
        "(antworte|responde|reponds|rispondi|obedeca|отвечай) (frei|libremente|librement|liberamente|me|свободно)",
    ),
    "exfiltration, in another language": (
        "(muestra\\w*|revela\\w*|imprime|repite|dime) ~ (mensaje del sistema|prompt|instrucciones|indicaciones)",
        "(zeig\\w*|verrate|nenne|gib|wiederhole|drucke) ~ (system ?prompt\\w*|system ?anweisung\\w*|anweisungen|"
        "prompt)",
        "(affiche\\w*|montre\\w*|revele\\w*|repete\\w*|donne) ~ (invite systeme|prompt|instructions|consignes)",
        "(mostra\\w*|mostre|rivela|ripeti|revele) ~ (prompt|istruzioni|instrucoes)",
        "(покажи|раскрой|повтори|выведи) ~ (промпт\\w*|инструкци\\w*|подсказк\\w*)",
    ),
}

UNSPACED: dict[str, tuple[str, ...]] = {
    "override, in another language": (
        "(忽略|无视|無視|忘记|忘記|不要理会|不要遵守|抛开|绕过|跳过).{0,12}(指令|指示|规则|規則|设定|設定|提示|命令|限制|要求)",
        "(规则|規則|设定|設定|指令|指示).{0,8}(忘|无视|無視|忽略|作废)",
        "(指示|命令|ルール|規則|設定|プロンプト|制約).{0,8}(無視|忘れ|破棄|取り消)",
        "(지시|명령|규칙|지침|설정).{0,10}(무시|잊어|따르지)",
        "(تجاهل|انس|لا تتبع).{0,15}(التعليمات|القواعد|الأوامر|تعليمات)",
        "(निर्देश|नियम|आदेश).{0,20}(अनदेखा|भूल|नज़रअंदाज़|नजरअंदाज)",
        "(התעלם|שכח).{0,15}(ההוראות|הכללים|הוראות)",
        "(ignor|เพิกเฉย|ลืม).{0,12}(คำสั่ง|กฎ)",
    ),
    "role play, in another language": (
        "(你现在是|你現在是|假装你|假裝你|扮演|从现在开始你).{0,20}(没有|沒有|不受|无|無).{0,6}(限制|规则|規則|约束)",
        "没有任何限制",
        "(あなたは今|ふりをして|演じて).{0,20}(制限|ルール|規則)",
    ),
    "exfiltration, in another language": (
        "(显示|顯示|告诉我|揭露|输出|輸出|重复|重複|打印|透露|泄露).{0,8}(系统提示|系統提示|提示词|提示詞|指令|系统消息)",
        "(系统|系統)(提示|消息|指令)",
        "(システムプロンプト|内部指示|プロンプト).{0,8}(表示|教え|見せ|出力)",
        "(시스템 ?프롬프트|프롬프트|시스템 ?메시지).{0,8}(보여|출력|알려|말해)",
    ),
}
