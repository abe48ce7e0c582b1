"""Times as people name them, in nine languages: days, months, parts of a day, hours, and what is open."""

from __future__ import annotations

from datetime import datetime

import pytest

from agents.questions.learned.encoder import normalised
from agents.questions.log.periods import period_of

NOW = datetime(2026, 11, 25, 14, 30).astimezone()
"""A Wednesday."""


NO_PERIOD = "none"
TIMES = {
    "en": [
        ("how many failed the day before yesterday", "23", "24"), ("the worst from last week", "16", "23"),
        ("rejects from yesterday", "24", "25"), ("from yesterday on", "24", None),
        ("since monday on line 3", "23", None), ("what ran on the 12th", "12", "13"),
        ("rejects in october", "1001", "1101"), ("in november", "1101", None),
        ("early november", "1101", "1111"), ("since early november", "1101", None),
        ("late october", "1021", "1101"), ("mid-october", "1011", "1021"),
        ("this afternoon", "25 12", None), ("this morning", "25", "25 12"),
        ("last night", "24 18", "25 06"), ("yesterday afternoon", "24 12", "24 18"),
        ("yesterday evening", "24 18", "25"), ("between 8 and 10", "25 08", "25 10"),
        ("how many failed between 8 and 10 this morning?", "25 08", "25 10"), ("since 6", "25 06", None),
        ("since six", "25 06", None), ("since the shift at six", "25 06", None),
        ("in the last two hours", "25 12:30", None), ("in the last twelve hours", "25 02:30", None),
        ("before friday", None, "20"), ("until friday", None, "21"), ("last three days", "22 14:30", None),
        ("since the beginning of the week", "23", None), ("since the start of the month", "1101", None),
        ("over the weekend", "21", "23"), ("three days ago", "22", "23"),
        ("on october 3rd", "1003", "1004"), ("on 3 october", "1003", "1004"),
        ("from 9 to 11 yesterday", "24 09", "24 11"), ("yesterday between 8 and 10", "24 08", "24 10"),
        ("between 8 and 10 am", "25 08", "25 10"), ("from monday to wednesday", "23", None),
        ("from monday to tuesday", "23", "25"), ("week before last", "9", "16"),
        ("tuesday morning", "24", "24 12"), ("two days ago", "23", "24"),
        ("until 6 o'clock", None, "25 06"), ("overnight", "25", "25 06"), ("after lunch", "25 12", None),
        ("between 22:00 and 6:00", "24 22", "25 06"), ("in may", "0501", "0601"),
        ("since march", "0301", None), ("from october", "1001", "1101"),
        ("in october 2025", "2025-10-01", "2025-11-01"), ("since the 12th", "12", None),
        ("may i ship it", "none", "none"), ("is the scratch between 8 and 10 mm", "none", "none"),
        ("the 2nd part", "none", "none"), ("is it on the 3rd region", "none", "none"),
        ("march on", "none", "none"), ("at the end of the seam", "none", "none"),
        ("in the middle of the part", "none", "none"),
    ],
    "de": [
        ("vorgestern", "23", "24"), ("die von gestern", "24", "25"), ("von gestern an", "24", None),
        ("was lief am 12. über prüfplatz 7", "12", "13"), ("im oktober", "1001", "1101"),
        ("anfang november", "1101", "1111"), ("seit anfang november", "1101", None),
        ("ende oktober", "1021", "1101"), ("heute früh", "25", "25 12"),
        ("heute nachmittag", "25 12", None), ("heute nacht", "24 22", "25 06"),
        ("gestern abend", "24 18", "25"), ("gestern nachmittag", "24 12", "24 18"),
        ("letzte nacht", "24 22", "25 06"), ("zwischen 8 und 10 uhr", "25 08", "25 10"),
        ("zwischen 8 und 10", "25 08", "25 10"), ("von 8 bis 10 uhr", "25 08", "25 10"),
        ("seit 6", "25 06", None), ("seit sechs uhr", "25 06", None),
        ("seit der schicht um sechs", "25 06", None), ("in den letzten zwei stunden", "25 12:30", None),
        ("vor freitag", None, "20"), ("bis freitag", None, "21"), ("letzte drei tage", "22 14:30", None),
        ("seit anfang der woche", "23", None), ("seit wochenanfang", "23", None),
        ("seit monatsanfang", "1101", None), ("am wochenende", "21", "23"), ("vor drei tagen", "22", "23"),
        ("am 3. oktober", "1003", "1004"), ("am 12.11.", "12", "13"), ("am 12.11", "12", "13"),
        ("seit dem 12.", "12", None), ("seit oktober", "1001", None),
        ("gestern zwischen 8 und 10 uhr", "24 08", "24 10"), ("vorletzte woche", "9", "16"),
        ("ab mittag", "25 12", None), ("seit mittag", "25 12", None),
        ("in den letzten vierundzwanzig stunden", "24 14:30", None), ("um 9 uhr", "25 09", None),
        ("am montag morgen", "23", "23 12"), ("am 2. bild", "none", "none"),
        ("am ende der naht", "none", "none"), ("zwischen 8 und 10 mm", "none", "none"),
        ("in der mitte", "none", "none"), ("vom rand", "none", "none"),
    ],
    "it": [
        ("l'altro ieri", "23", "24"), ("avantieri", "23", "24"), ("altro ieri", "23", "24"),
        ("tre scarti di ottobre", "1001", "1101"), ("a ottobre", "1001", "1101"),
        ("inizio novembre", "1101", "1111"), ("da inizio novembre", "1101", None),
        ("stamattina", "25", "25 12"), ("questo pomeriggio", "25 12", None), ("ieri sera", "24 18", "25"),
        ("ieri pomeriggio", "24 12", "24 18"), ("stanotte", "24 22", "25 06"),
        ("tra le 8 e le 10", "25 08", "25 10"), ("dalle 8 alle 10", "25 08", "25 10"),
        ("dalle 6", "25 06", None), ("dalle sei", "25 06", None), ("dal turno delle 6", "25 06", None),
        ("nelle ultime due ore", "25 12:30", None), ("prima di venerdì", None, "20"),
        ("fino a venerdì", None, "21"), ("ultimi tre giorni", "22 14:30", None),
        ("dall'inizio della settimana", "23", None), ("nel fine settimana", "21", "23"),
        ("tre giorni fa", "22", "23"), ("il 3 ottobre", "1003", "1004"), ("il 12", "12", "13"),
        ("dal 12", "12", None), ("da lunedì a martedì", "23", "25"), ("della settimana scorsa", "16", "23"),
        ("da ieri", "24", None), ("del 12", "12", "13"), ("il 20% dei pezzi", "none", "none"),
        ("a fine cordone", "none", "none"), ("a metà del pezzo", "none", "none"),
        ("il 3 pezzo", "none", "none"),
    ],
    "es": [
        ("anteayer", "23", "24"), ("antes de ayer", "23", "24"), ("las de ayer", "24", "25"),
        ("del mes pasado", "1001", "1101"), ("en octubre", "1001", "1101"), ("de octubre", "1001", "1101"),
        ("a principios de noviembre", "1101", "1111"), ("desde principios de noviembre", "1101", None),
        ("esta mañana", "25", "25 12"), ("esta tarde", "25 12", None),
        ("ayer por la tarde", "24 12", "24 18"), ("anoche", "24 18", "25 06"),
        ("entre las 8 y las 10", "25 08", "25 10"), ("de 8 a 10", "25 08", "25 10"),
        ("desde las 6", "25 06", None), ("desde las seis", "25 06", None),
        ("a partir de las 11", "25 11", None), ("en las últimas dos horas", "25 12:30", None),
        ("antes del viernes", None, "20"), ("hasta el viernes", None, "21"),
        ("últimos tres días", "22 14:30", None), ("desde principios de semana", "23", None),
        ("el fin de semana", "21", "23"), ("hace tres días", "22", "23"),
        ("el 3 de octubre", "1003", "1004"), ("el 12", "12", "13"), ("el día 12", "12", "13"),
        ("desde el 12", "12", None), ("esta madrugada", "25", "25 06"),
        ("desde el turno de las seis", "25 06", None), ("desde el viernes", "20", None),
        ("de lunes a martes", "23", "25"), ("al final del cordón", "none", "none"),
        ("el 2 está mal", "none", "none"),
    ],
    "fr": [
        ("avant-hier", "23", "24"), ("depuis avant-hier", "23", None), ("ceux d'hier", "24", "25"),
        ("les pires de la semaine dernière", "16", "23"), ("en octobre", "1001", "1101"),
        ("début novembre", "1101", "1111"), ("depuis début novembre", "1101", None),
        ("fin octobre", "1021", "1101"), ("mi-octobre", "1011", "1021"), ("ce matin", "25", "25 12"),
        ("cet après-midi", "25 12", None), ("hier soir", "24 18", "25"), ("jusqu'à hier soir", None, "25"),
        ("hier après-midi", "24 12", "24 18"), ("cette nuit", "24 22", "25 06"),
        ("entre 8h et 10h", "25 08", "25 10"), ("entre 8 et 10 h", "25 08", "25 10"),
        ("de 8 h à 10 h", "25 08", "25 10"), ("depuis 6h", "25 06", None), ("depuis 6 h", "25 06", None),
        ("depuis six h", "25 06", None), ("ces deux dernières heures", "25 12:30", None),
        ("dans les deux dernières heures", "25 12:30", None), ("avant vendredi", None, "20"),
        ("jusqu'à vendredi", None, "21"), ("trois derniers jours", "22 14:30", None),
        ("depuis le début de la semaine", "23", None), ("le week-end dernier", "21", "23"),
        ("il y a trois jours", "22", "23"), ("le 3 octobre", "1003", "1004"), ("le 12", "12", "13"),
        ("du 12", "12", "13"), ("depuis le 12", "12", None), ("à partir de lundi", "23", None),
        ("à partir du 12", "12", None), ("du lundi au mardi", "23", "25"), ("depuis midi", "25 12", None),
        ("du mois dernier", "1001", "1101"), ("à la fin du cordon", "none", "none"),
        ("au milieu de la pièce", "none", "none"),
    ],
    "pt": [
        ("anteontem", "23", "24"), ("de anteontem", "23", "24"), ("as de ontem", "24", "25"),
        ("do mês passado", "1001", "1101"), ("em outubro", "1001", "1101"), ("de outubro", "1001", "1101"),
        ("no início de novembro", "1101", "1111"), ("desde o início de novembro", "1101", None),
        ("hoje de manhã", "25", "25 12"), ("hoje à tarde", "25 12", None), ("esta tarde", "25 12", None),
        ("ontem à noite", "24 18", "25"), ("ontem à tarde", "24 12", "24 18"),
        ("de madrugada", "25", "25 06"), ("entre as 13h e as 14h", "25 13", "25 14"),
        ("entre as 8 e as 10", "25 08", "25 10"), ("das 8 às 10", "25 08", "25 10"),
        ("desde as 6", "25 06", None), ("desde as seis", "25 06", None),
        ("nas últimas duas horas", "25 12:30", None), ("antes de sexta", None, "20"),
        ("até sexta", None, "21"), ("últimos três dias", "22 14:30", None),
        ("desde o começo da semana", "23", None), ("no fim de semana", "21", "23"),
        ("há três dias", "22", "23"), ("três dias atrás", "22", "23"), ("3 de outubro", "1003", "1004"),
        ("no dia 12", "12", "13"), ("desde o dia 12", "12", None), ("desde terça", "24", None),
        ("de segunda a terça", "23", "25"), ("desde o turno das seis", "25 06", None),
        ("no fim do cordão", "none", "none"), ("no meio da peça", "none", "none"),
    ],
    "zh": [
        ("前天", "23", "24"), ("从前天开始", "23", None), ("昨天的", "24", "25"), ("10月", "1001", "1101"),
        ("十月份", "1001", "1101"), ("11月初", "1101", "1111"), ("从11月初开始", "1101", None),
        ("十月下旬", "1021", "1101"), ("今天下午", "25 12", None), ("今早", "25", "25 12"),
        ("昨晚", "24 18", "25 06"), ("昨天下午", "24 12", "24 18"), ("今天凌晨", "25", "25 06"),
        ("8点到10点", "25 08", "25 10"), ("八点到十点", "25 08", "25 10"), ("从6点开始", "25 06", None),
        ("六点以后", "25 06", None), ("最近两个小时", "25 12:30", None), ("过去两小时", "25 12:30", None),
        ("周五之前", None, "20"), ("周五前", None, "20"), ("到周五", None, "21"),
        ("最近三天", "22 14:30", None), ("本周初以来", "23", None), ("月初以来", "1101", None),
        ("上周末", "21", "23"), ("三天前", "22", "23"), ("10月3号", "1003", "1004"),
        ("12号那天", "12", "13"), ("12号的不良", "12", "13"), ("从12号起", "12", None),
        ("从周一到现在", "23", None), ("下午1点到2点", "25 13", "25 14"), ("上上周", "9", "16"),
        ("中午以后", "25 12", None), ("周一到周二", "23", "25"), ("3号线", "none", "none"),
        ("12号样品", "none", "none"), ("有一点划痕", "none", "none"), ("两点缺陷", "none", "none"),
        ("三个月", "none", "none"),
    ],
    "ja": [
        ("一昨日", "23", "24"), ("おととい", "23", "24"), ("一昨日から", "23", None),
        ("昨日の", "24", "25"), ("10月", "1001", "1101"), ("十月の", "1001", "1101"),
        ("11月初め", "1101", "1111"), ("11月初めから", "1101", None), ("11月頭から", "1101", None),
        ("10月末", "1021", "1101"), ("今朝の", "25", "25 12"), ("今日の午後", "25 12", None),
        ("今週", "23", None), ("昼から", "25 12", None), ("お昼から", "25 12", None),
        ("午後から", "25 12", None), ("昨夜", "24 18", "25 06"), ("昨日の午後", "24 12", "24 18"),
        ("今日の未明", "25", "25 06"), ("8時から10時", "25 08", "25 10"),
        ("8時から10時までの", "25 08", "25 10"), ("八時から十時の間", "25 08", "25 10"),
        ("6時から", "25 06", None), ("六時以降", "25 06", None), ("直近2時間", "25 12:30", None),
        ("過去二時間", "25 12:30", None), ("金曜より前", None, "20"), ("金曜の前", None, "20"),
        ("金曜まで", None, "21"), ("直近三日間", "22 14:30", None), ("週の初めから", "23", None),
        ("週明けから", "23", None), ("月初から", "1101", None), ("先週末", "21", "23"),
        ("三日前", "22", "23"), ("10月3日", "1003", "1004"), ("12日", "12", "13"), ("12日の", "12", "13"),
        ("12日から", "12", None), ("先々週", "9", "16"), ("月曜から火曜まで", "23", "25"),
        ("3番ライン", "none", "none"), ("2時の方向", "none", "none"), ("昨日の朝", "24", "24 12"),
    ],
    "ko": [
        ("그저께", "23", "24"), ("그제", "23", "24"), ("그저께부터", "23", None), ("어제 것", "24", "25"),
        ("10월", "1001", "1101"), ("10월에", "1001", "1101"), ("11월 초", "1101", "1111"),
        ("11월 초부터", "1101", None), ("10월 말", "1021", "1101"), ("오늘 새벽", "25", "25 06"),
        ("오늘 아침", "25", "25 12"), ("오늘 오후", "25 12", None), ("어젯밤", "24 18", "25 06"),
        ("어제 오후", "24 12", "24 18"), ("8시에서 10시 사이", "25 08", "25 10"),
        ("8시부터 10시까지", "25 08", "25 10"), ("여덟 시부터 열 시까지", "25 08", "25 10"),
        ("6시부터", "25 06", None), ("여섯 시부터", "25 06", None), ("최근 2시간", "25 12:30", None),
        ("지난 두 시간 동안", "25 12:30", None), ("금요일 이전", None, "20"), ("금요일 전에", None, "20"),
        ("금요일까지", None, "21"), ("최근 사흘", "none", "none"), ("최근 3일", "22 14:30", None),
        ("이번 주 초부터", "23", None), ("월초부터", "1101", None), ("지난 주말", "21", "23"),
        ("3일 전", "22", "23"), ("10월 3일", "1003", "1004"), ("12일에", "12", "13"),
        ("12일부터", "12", None), ("지지난주", "9", "16"), ("월요일부터 화요일까지", "23", "25"),
        ("점심 이후", "25 12", None),
    ],
}  # fmt: skip
"""Words, and from when until when: "23" is the 23rd of November, "1101 06" the first at six."""
CASES = [(language, *case) for language, cases in TIMES.items() for case in cases]


@pytest.mark.parametrize(("language", "text", "since", "until"), CASES, ids=[one[1] for one in CASES])
def test_times_as_people_name_them(language: str, text: str, since: str | None, until: str | None) -> None:
    period, _ = period_of(normalised(text), language, NOW)
    if since == NO_PERIOD:
        assert period is None
        return
    assert period is not None
    assert (period.since, period.until) == (_at(since), _at(until))


def _at(short: str | None) -> datetime | None:
    if short is None:
        return None
    day, _, clock = short.partition(" ")
    day = day if "-" in day else f"2026-{day[:-2] or '11'}-{int(day[-2:]):02}"
    return datetime.fromisoformat(f"{day}T{clock if ':' in clock else f'{clock or 0:0>2}:00'}").astimezone()
