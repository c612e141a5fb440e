# SPDX-License-Identifier: MIT
# style.gp - what all pictures share; the data of one and then its script follow. Colours are those of plots.css in
# light.
set encoding utf8
set datafile missing 'NaN'
width = 420
$rows << EOD
EOD
$keys << EOD
EOD
$names << EOD
EOD
$clusters << EOD
EOD
ink = '#1a1a1a'; faint = '#c9c9c9'; limit = '#b00020'; paper = '#ffffff'

# Line types 1 to 8 are series: no two alike in colour, symbol or dash. 10 more: the same colour with a hollow symbol.
colours = '#737373 #9a5b00 #0068a8 #cf4500 #006b54 #7d3c98 #a8326f #3d4db8'
filled = '7 5 9 13 11 15 2 1'; hollow = '6 4 8 12 10 14 3 2'
colour(type) = word(colours, (int(type) - 1) % 10 + 1)
symbol(type) = word(type > 10 ? hollow : filled, (int(type) - 1) % 10 + 1) + 0
do for [i=1:8] {
  set linetype i lc rgb colour(i) pt symbol(i) dt 1 + (i - 1) % 5
  set linetype i + 10 lc rgb colour(i) pt symbol(i + 10) dt 1 + (i - 1) % 5
}
# 9 and 10: what is compared with, and what cannot be passed.
set linetype 9 lc rgb ink pt 6 dt 2
set linetype 10 lc rgb limit pt 6 dt 1
set border 3 lc rgb ink
set tics nomirror scale 0.5
set grid lt 1 lw 0.5 lc rgb faint
set clip two
set style fill solid 1 noborder
unset key

# Pixels from the left and from the top, as gnuplot's "screen".
across(x) = x / real(width)
up(y) = 1 - y / real(height)
canvas = "set terminal svg noenhanced size width,height font 'sans-serif,12'"
margins = "set lmargin at screen across(left); set rmargin at screen across(right); \
  set tmargin at screen up(top); set bmargin at screen up(bottom)"
max(a, b) = a > b ? a : b
min(a, b) = a < b ? a : b

# What stands at a tic.
plain(x) = x == 0 || abs(x) >= 0.001 && abs(x) < 1e5 ? sprintf('%g', x) : sprintf('%s1e%.0f', x < 0 ? '-' : '', log10(abs(x)))
seconds(s) = s > 0.9999 ? sprintf('%.4g s', s) : s > 0.9999e-3 ? sprintf('%.4g ms', 1e3 * s) : \
  s > 0.9999e-6 ? sprintf('%.4g us', 1e6 * s) : sprintf('%.4g ns', 1e9 * s)
bytes(b) = b >= 2**30 ? sprintf('%.4g GiB', b / 2.0**30) : b >= 2**20 ? sprintf('%.4g MiB', b / 2.0**20) : \
  b >= 1024 ? sprintf('%.4g KiB', b / 1024.0) : sprintf('%.4g B', b)
label(x) = plain(x)

# Round numbers between low and high, `places` at most: evenly apart where the axis is so (even) or narrow, else 1, 2, 5
# and the like of each decade. tics becomes the list for "set xtics".
array multiples[5] = ['1 1.2 1.5 2 3 4 5 7', '1 1.5 2 3 5 7', '1 2 5', '1 3', '1']
nearest = '1.2 1.33 2 3 10'
even = 0
put_tic = "if (v >= low * 0.9999 && v <= high * 1.0001) { \
  tics = tics.(tics eq '' ? '' : ', ').sprintf(\"'%s' %.9g\", label(v), v) }"
even_tics = "step = (high - low) / places; unit = 10.0**floor(log10(step)); step = step / unit; \
  step = unit * (step <= 1 ? 1 : step <= 2 ? 2 : step <= 5 ? 5 : 10); \
  do for [k=int(ceil(low / step - 0.001)):int(floor(high / step + 0.001))] { v = k * step; eval put_tic }"
log_tics = "ratio = (high / low)**(1.0 / places); pick = 5; \
  decades = int(ceil(log10(ratio) - 0.001)); decades = decades < 1 ? 1 : decades; \
  do for [k=5:1:-1] { if (word(nearest, k) + 0 >= ratio) { pick = k } }; \
  do for [power=int(floor(log10(low) / decades)) * decades:int(ceil(log10(high))):decades] { \
    do for [m in multiples[pick]] { v = m * 10.0**power; eval put_tic } }"
round_tics = "tics = ''; if (even || high < 3 * low) { eval even_tics } else { eval log_tics }"

# Rows with names at the left, and up to two columns of notes at the right: $rows is a number, "name", "note", "note" of
# the column before. `top` pixels are above them, `row` each is high, `foot` are below; head, note_head and second_head
# stand above.
head = ''; note_head = ''; second_head = ''
notes = 1
row = 20
row_frame = "rows = |$rows|; letters = strlen(head); \
  do for [i=1:rows] { letters = max(letters, strlen(word($rows[i], 2))) }; \
  left = 14 + int(7.4 * letters); right = width - (notes > 0 ? 8 + 50 * notes : 14); bottom = top + row * rows; \
  set border 1; unset ytics; set grid noytics xtics; set yrange [max(rows, 1) + 0.5:0.5]"
row_names = "do for [i=1:rows] { set label word($rows[i], 2) at screen across(4), first i; \
  set label word($rows[i], 3) at screen across(width - 2), first i right; \
  if (notes > 1) { set label word($rows[i], 4) at screen across(width - 52), first i right } }; \
  set label head at screen across(4), screen up(top - 10); \
  set label note_head at screen across(width - 2), screen up(top - 10) right; \
  set label second_head at screen across(width - 52), screen up(top - 10) right"

# The key at the foot: $keys is a line type, "name", what is shown of it (point, line, both; none: there is no key),
# and a dash, where it is not the type's.
key_frame = "letters = 0; do for [k=1:|$keys|] { letters = max(letters, strlen(word($keys[k], 2))) }; \
  columns = letters <= 9 ? 4 : letters <= 14 ? 3 : letters <= 24 ? 2 : 1; \
  shown = |$keys| > 0 && word($keys[1], 3) ne 'none' ? |$keys| : 0; foot = 46 + 18 * ((shown + columns - 1) / columns)"
put_key = "do for [k=1:shown] { x = 14 + width / columns * ((k - 1) % columns); \
  y = height - foot + 55 + 18 * ((k - 1) / columns); \
  set label key_name(k) at screen across(x + 16), screen up(y); \
  if (word($keys[k], 3) ne 'line') { \
    set label '' at screen across(x), screen up(y) point lt key_type(k) ps 0.75 }; \
  if (word($keys[k], 3) ne 'point') { \
    set arrow from screen across(x - 10), screen up(y) to screen across(x + 10), screen up(y) \
    nohead lt key_type(k) dt key_dash(k) lw 1.6 } }"
key_type(k) = k > |$keys| ? 1 : int(word($keys[k], 1))
key_name(k) = word($keys[k], 2)
key_dash(k) = words($keys[k]) > 3 ? int(word($keys[k], 4)) : \
  key_type(k) == 9 ? 2 : key_type(k) == 10 ? 1 : (key_type(k) - 1) % 5 + 1
