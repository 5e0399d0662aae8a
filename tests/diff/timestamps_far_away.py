# Timestamps that no date or no time_t can hold.
import os, time as clock
os.environ['TZ'] = 'UTC'; clock.tzset()
from datetime import *
for v in (39585962491904, 39585962491904.0, 2**62, 2**63, 2.0**63, -2.0**63, 1e19, -2**62, 253402300800, 253402300799, 253402300799.9999999, 1e17,
          67768036191676799, 67768036191676800, -62135596800, -62135596801, -1e-7, -0.5, -1.5e-6, 2.5e-6, 0.9999995, 1.9999999, float('nan'), float('inf')):
    print(v)
    for f in (lambda: datetime.fromtimestamp(v, timezone.utc), lambda: datetime.utcfromtimestamp(v), lambda: datetime.fromtimestamp(v),
              lambda: date.fromtimestamp(v), lambda: clock.gmtime(v)[:3], lambda: clock.localtime(v)[:1]):
        try: print('   ', f())
        except Exception as e: print('   ', type(e).__name__, e)
for d in datetime.min, datetime.max, datetime(1, 1, 2), datetime(1, 1, 3), datetime(9999, 12, 31), datetime(1970, 1, 1):
    for zone in 'UTC', 'America/New_York', 'Asia/Tokyo':
        os.environ['TZ'] = zone; clock.tzset()
        for f in d.timestamp, d.astimezone, lambda: d.replace(tzinfo=timezone.utc).astimezone():
            try: print(d, zone, f())
            except Exception as e: print(d, zone, type(e).__name__, e)
