"""What the tests of sources nomis make, and others use."""

from __future__ import annotations

from serving import Reply

HEADER = ("DATE_NAME", "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "OBS_VALUE", "RECORD_OFFSET", "RECORD_COUNT")


class Service:
    """A data set; the switches are its traps."""

    def __init__(self, rows=10, *, most=4, date="2024", **traps):
        self.rows, self.most, self.date = rows, most, date
        self.traps = {"counts": None, "obeys": True, "stops_at": rows, "header": HEADER, "twice": False, **traps}

    def answer(self, call):
        query = {name.lower(): value for name, value in call.query.items()}
        assert query["select"] == ",".join(HEADER)
        assert query["measures"] == "20100"
        start = int(query["recordoffset"]) if self.traps["obeys"] else 0
        stop = min(start + min(int(query["recordlimit"]), self.most), self.traps["stops_at"])
        lines = [",".join(f'"{cell}"' for cell in self.traps["header"])]
        for row in range(start, stop):
            count = self.traps["counts"](call.number) if self.traps["counts"] else self.rows
            code = f"E01{0 if self.traps['twice'] else row:06d}"
            lines.append(f'"{self.date}","{code}","Hartlepool, 00{row}A",{1500 + row},{row},{count}')
        return Reply("\r\n".join([*lines, ""]).encode())
