package match

import (
	"bytes"
	"net/netip"
	"strings"
)

// ipSpellings lists how an IP address is written.
func ipSpellings(value string) []string {
	ip, err := netip.ParseAddr(strings.TrimSpace(value))
	if err != nil {
		return nil
	}
	ip = ip.WithZone("")
	all := []string{ip.String()}
	if ip.Is4In6() {
		all = append(all, ip.Unmap().String())
	}
	if ip.Is6() {
		all = append(all, ip.StringExpanded(), shortGroups(ip))
	}
	return all
}

// shortGroups writes all eight groups of an IPv6 address without leading zeros.
func shortGroups(ip netip.Addr) string {
	groups := strings.Split(ip.StringExpanded(), ":")
	for i, g := range groups {
		if groups[i] = strings.TrimLeft(g, "0"); groups[i] == "" {
			groups[i] = "0"
		}
	}
	return strings.Join(groups, ":")
}

// ipPiece: an IPv4 address may stand behind a label's colon ("IP:10.0.0.4") or
// before a port's.
func ipPiece(spelling string, identifier int) piece {
	if strings.IndexByte(spelling, ':') >= 0 {
		return piece{identifier, []byte(spelling), "0123456789abcdef:"}
	}
	return piece{identifier, []byte(spelling), "0123456789abcdefghijklmnopqrstuvwxyz"}
}

// behindLabel: "ip:2001:db8::1".
func behindLabel(before []byte) bool {
	at := len(before) - 1
	if before[at] != ':' {
		return false
	}
	for at > 0 && isWordByte(before[at-1]) {
		at--
	}
	return bytes.ContainsAny(before[at:], "ghijklmnopqrstuvwxyz")
}
