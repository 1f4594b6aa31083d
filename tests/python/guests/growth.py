"""prometheus_client's file of values grows past its first size, twice over, while it is mapped."""

import os
import tempfile
import unittest

from prometheus_client import mmap_dict


class Growth(unittest.TestCase):
    def test_growth(self):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            path = os.path.join(folder, "values.db")
            values = mmap_dict.MmapedDict(path)
            first = os.path.getsize(path)
            for number in range(60_000):
                values.write_value(f"key {number} {'x' * 20}", float(number), 0.5)
            self.assertGreater(os.path.getsize(path), 3 * first)
            self.assertEqual(values.read_value("key 59999 " + "x" * 20), (59999.0, 0.5))
            values.close()
            reader = mmap_dict.MmapedDict(path, read_mode=True)
            read = list(reader.read_all_values())
            reader.close()
            self.assertEqual(len(read), 60_000)
