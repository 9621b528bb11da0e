"""Which addresses of the network a message may go to: an own table, because the library's idea of "global" lets some inner ones through.

Law: what is not plainly a public unicast address is refused; an IPv4 address wrapped into IPv6 is judged as what it wraps.
"""

from __future__ import annotations

import ipaddress

__all__ = ["refused_address"]

_DENIED = tuple((ipaddress.ip_network(net), why) for net, why in (
    ("0.0.0.0/8", "this machine"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "a carrier's inner network"), ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"), ("192.0.0.0/24", "reserved"), ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"), ("192.168.0.0/16", "private"), ("198.18.0.0/15", "benchmarking"), ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"),
    ("::/96", "this machine, or IPv4 in an old form"), ("::ffff:0:0/96", "IPv4 in IPv6"), ("::ffff:0:0:0/96", "IPv4 translated"),
    ("64:ff9b::/96", "NAT64"), ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discarded"), ("2001::/23", "reserved"), ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"), ("3fff::/20", "documentation"),
    ("5f00::/16", "reserved"), ("fc00::/7", "private"), ("fe80::/10", "link-local"), ("fec0::/10", "site-local"), ("ff00::/8", "multicast"),
))


def refused_address(text: str) -> str:
    """Why nothing is sent to this IP address; "" where it may be."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "no address"
    for net, why in _DENIED:
        if address.version == net.version and address in net:
            return why
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return "not public"
    return ""


_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
