"""prometheus_client's file of values grows past its first size twice while it is mapped."""

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
            # Long keys: where there are no spans, struct.pack_into copies the whole map.
            for number in range(100):
                values.write_value(f"key {number} {'x' * 50_000}", float(number), 0.5)
            self.assertGreater(os.path.getsize(path), 3 * first)
            self.assertEqual(values.read_value("key 99 " + "x" * 50_000), (99.0, 0.5))
            values.close()
            reader = mmap_dict.MmapedDict(path, read_mode=True)
            read = list(reader.read_all_values())
            reader.close()
            self.assertEqual(len(read), 100)
