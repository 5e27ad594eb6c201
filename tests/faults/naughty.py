"""Texts that break programs, written for these tests: each is stored as it is, or refused with a sentence."""

KEPT = (
    "=1+1", "=cmd|'/C calc'!A0", "+49 30 1234", "-1+1", "@SUM(A1:A9)", "\t=1+1 after a tab", "＝1+1", "'=1+1", "''quoted",
    "'", '"', '""', "a,b;c|d\te", "line\nbreak", "carriage\r\nreturn", "{0} {x} %s %(x)s $x", ":param :1", "NULL", "None", "nan",
    "true", "1e400", "0123456789012", "00", "-0", "１２３", "'; DROP TABLE product; --", "100% _like_ [a-z]*", "\\0 \\n \\u0041",
    "<script>alert(1)</script>", "**bold** [link](http://x.example) ![i](x) $x^2$ :red[x]", "../../etc/passwd\u202e", "C:\\CON.txt",
    "🧦👨‍👩‍👧‍👦🏳️‍🌈", "👍🏽" * 20, "مرحبا بالعالم", "שלום 123 עולם", "\u202eright to left\u202c", "e\u0301 is not é",
    "Z͑ͫ̓ͪ̂ͫ̽a̴l̷g̵o̶", "ﷺﷺ ß ẞ İ ı ſ K", "𝕬𠜎𪚥", "\ufeffwith a mark", "\u200bzero\u200bwidth", "\u2028line\u2029separators", "\x7f\x1b[31m\x01\x08",
    "\ufffe\uffff", "𐏿\U0010ffff", "羊毛被 · 保暖", "ｶﾅ カナ 한국어", "x" * 200,
)  # fmt: skip
"""They can stand in a database's text; a workbook leaves out the two letters that are none."""

NEVER = ("a\0b", "\0", "half \ud800 of a letter", "\udfff", "\ud83d")
"""NUL and halves of letters, which no database keeps."""
