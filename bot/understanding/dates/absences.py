"""Ways of saying "I am not there": what they speak of cannot be booked."""

from bot.understanding.dates.words import Meaning

ABSENT = "absent"
"""Value of the tokens here, as labelled rows of dates read such days as any others."""

_WORDS = """
    weg|bin ich weg|im urlaub|verreist|unterwegs|abwesend|ausgebucht|auf urlaub
    |on holiday|on vacation|out of town|travelling|traveling
    |auf reisen|auf dienstreise|auf geschäftsreise|auf montage|krankgeschrieben
    |krank geschrieben|beschäftigt|muss arbeiten|muss ich arbeiten|ich arbeiten muss|arbeite ich
    |ich arbeite|habe ich schule|habe ich uni|ist raus|ist blöd|ist doof|ungünstig|ist ungünstig
    |nicht zu hause|ausser haus|außer haus|nicht im lande
    |i'll be out|i will be out|be out|i'm out|i am out|we're out|we are out|be away|i'm away
    |i am away|we're away|be gone|i'm gone|on leave|out of office|out of the office|away on
    |on a trip|on a business trip|i'm working|i am working|i have to work|i work|at work
    |fully booked|booked up|tied up|off the table|is worse|i'm at school|be travelling
    |be traveling|be abroad|i'm abroad
"""
_OTHERS = """
    der weg|dem weg|den weg|auf dem weg|weg zu|weg zum|weg zur|my day off|day off|days off
"""

ABSENCES: dict[str, Meaning] = {
    **{phrase.strip(): ("!", ABSENT) for phrase in _WORDS.split("|")},
    **{phrase.strip(): ("x", None) for phrase in _OTHERS.split("|")},
}
