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
		all = append(all, ip.StringExpanded(), shortGroups(ip), paddedGroups(ip))
	}
	if dashed := dashedIP(ip); dashed != "" {
		all = append(all, dashed)
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

// paddedGroups keeps "::" and writes the other groups with four digits.
func paddedGroups(ip netip.Addr) string {
	groups := strings.Split(ip.String(), ":")
	for i, g := range groups {
		if g != "" {
			groups[i] = pad(g, 4)
		}
	}
	return strings.Join(groups, ":")
}

// dashedIP: hosts are called "ip-10-20-30-42.provider.example". "" for one whose
// digits are too few for the index.
func dashedIP(ip netip.Addr) string {
	if dashed := strings.ReplaceAll(ip.String(), ".", "-"); ip.Is4() && countDigits(dashed) >= shortestNumber {
		return dashed
	}
	return ""
}

// ipPiece: an IPv4 address may stand behind a label's colon ("IP:10.0.0.4") or
// before a port's.
func ipPiece(spelling string, identifier int) piece {
	if strings.IndexByte(spelling, ':') >= 0 {
		return piece{identifier, []byte(spelling), "0123456789abcdef:"}
	}
	if strings.IndexByte(spelling, '-') >= 0 {
		return piece{identifier, []byte(spelling), "0123456789"}
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
