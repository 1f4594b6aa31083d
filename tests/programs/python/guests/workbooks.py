"""xlrd on workbooks of xlwt and one that is made here: prints a digest of the cells of each, mapped and read."""

import glob
import hashlib
import json

import xlrd
import xlwt


def digest(name, mapped):
    book = xlrd.open_workbook(name, use_mmap=mapped, formatting_info=True, on_demand=mapped)
    found = [str((book.biff_version, book.codepage, book.nsheets, sorted(book.name_map)))]
    for sheet in book.sheets():
        found.append(f"{sheet.name} {sheet.nrows} {sheet.ncols} {sorted(sheet.merged_cells)}")
        for row in range(sheet.nrows):
            found.append(repr([(cell.ctype, cell.value, cell.xf_index) for cell in sheet.row(row)]))
    book.release_resources()
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


made = xlwt.Workbook()
for number in range(3):
    sheet = made.add_sheet(f"sheet {number}")
    for row in range(400):
        for column, value in enumerate((row, row / 7, f"text {row % 50}", row % 2 == 0, None)):
            sheet.write(row, column, value)
made.save("made.xls")

for name in [*sorted(glob.glob("needs/xlwt/*/*.xls")), "made.xls"]:
    for mapped in (True, False):
        test = f"{name}, {'mapped' if mapped else 'read'}"
        print(json.dumps({"test": test, "outcome": "ok", "reason": digest(name, mapped)}))
