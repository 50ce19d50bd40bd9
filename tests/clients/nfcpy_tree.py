"""Reads a card's systems, areas and services with an unmodified nfcpy and prints them as JSON.

usage: nfcpy_tree.py HOST PORT

The card is at nfcpy's UDP link. What is printed:
{"systems": [{"code", "idm", "pmm", "areas": [{"code", "end", "key_version"}],
              "services": [{"code", "key_version"}]}]}
with codes as four upper-case hexadecimal digits, in the order in which the card gave them.
"""

import json
import sys

import nfc.clf
import nfc.tag
from nfc.tag.tt3 import ServiceCode
from nfc.tag.tt3_sony import FelicaStandard

# The reader waits 3.6 ms for the answer to a poll, and another 18 for the time slots. For other commands it
# waits as long as the card's PMm says, 2 ms at least, and then asks again. On a busy machine an answer can be
# late and stand in for the next one; nfcpy sees that by its response code. What was read is then thrown away
# and read from the beginning, on a new socket.
TIME_SLOTS = 15
TRIES = 20


def code(number):
    return "{:04X}".format(number)


def plain(data):
    return bytes(data).hex().upper()


def key_version(tag, node):
    return tag.request_service([ServiceCode(node >> 6, node & 0x3F)])[0]


def read_system(tag, system_code):
    # What Tag.dump does to select a system.
    tag.idm, tag.pmm = tag.polling(system_code, time_slots=TIME_SLOTS)
    tag.sys = system_code
    areas, services = [], []
    for index in range(0x10000):
        found = tag.search_service_code(index)
        if found is None:
            break
        version = key_version(tag, found[0])
        if len(found) == 2:
            areas.append({"code": code(found[0]), "end": code(found[1]), "key_version": version})
        else:
            services.append({"code": code(found[0]), "key_version": version})
    return {
        "code": code(system_code),
        "idm": plain(tag.idm),
        "pmm": plain(tag.pmm),
        "areas": areas,
        "services": services,
    }


def read_card(path):
    with nfc.ContactlessFrontend(path) as clf:
        target = clf.sense(nfc.clf.RemoteTarget("212F"))
        if target is None:
            raise LookupError("no card answers at " + path)
        tag = nfc.tag.activate(clf, target)
        if not isinstance(tag, FelicaStandard):
            raise LookupError("not taken for FeliCa Standard: {}".format(tag))
        return {"systems": [read_system(tag, system) for system in tag.request_system_code()]}


def main():
    host, port = sys.argv[1:]
    for left in reversed(range(TRIES)):
        try:
            card = read_card("udp:{}:{}".format(host, port))
            break
        except (LookupError, nfc.tag.TagCommandError) as error:
            print("nfcpy_tree: {!r}".format(error), file=sys.stderr)
            if left == 0:
                return 1
    json.dump(card, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
