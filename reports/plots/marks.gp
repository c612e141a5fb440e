# SPDX-License-Identifier: MIT
# marks.gp - rows with names and marks along an axis: $marks is row, place, line type and a range (NaN: none). The title
# `axis`, low and high (of marks, ranges and lines) and logarithmic are set; what else may be set has its default here.
if (!exists('base')) { base = NaN }         # where the dashed line stands
if (!exists('most')) { most = NaN }         # and the red one
if (!exists('spread')) { spread = 0 }       # so far apart within a row lie marks of several types
if (!exists('thick')) { thick = 1.6 }       # ranges

eval key_frame
top = head.note_head eq '' ? 10 : 24
eval row_frame
height = bottom + foot
eval canvas
eval margins
eval row_names
eval put_key
# It may be longer than the axis.
set label axis at screen across(min((left + right) / 2, width - 3.5 * strlen(axis))), screen up(bottom + 32) center
if (logarithmic) {
  set logscale x
  pad = max((high / low)**0.06, 1.05); low = low / pad; high = high * pad
} else {
  pad = 0.06 * (high > low ? high - low : high > 0 ? high : 1)
  low = low == 0 ? 0 : low - pad; high = high + pad
}
set xrange [low:high]
even = !logarithmic; places = (right - left) / 46
eval round_tics
eval 'set xtics ('.tics.')'
set samples 2
at(row, type, k) = type == key_type(k) ? row + (|$keys| > 1 ? spread * ((k - 0.5) / |$keys| - 0.5) : 0) : NaN
plot '+' using (base):(0.5 + rows * $0) with lines lt 9 lw 1.2, \
  '+' using (most):(0.5 + rows * $0) with lines lt 10 lw 1.6, \
  for [k=1:|$keys|] $marks using 4:(at($1, $3, k)):($5 - $4):(0) with vectors nohead lt key_type(k) dt 1 lw thick, \
  for [k=1:|$keys|] $marks using 2:(at($1, $3, k)) with points lt key_type(k) ps 0.75
