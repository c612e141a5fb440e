# SPDX-License-Identifier: MIT
# ladder.gp - rungs of some ladders, a row each. $rows is a number, "rung", "speed over naive", "step", where the rung
# below stands, the speed over naive, its interval, line type. $ladders is the row above a ladder's rungs, and its name.
stats $rows using 6 name 'X' nooutput # before ranges are set, which it minds
stats $rows using 5 name 'FROM' nooutput
notes = 2; head = 'rung'; note_head = 'x naive'; second_head = 'step'
top = 24; foot = 46; row = 18
eval row_frame
height = bottom + foot
eval canvas
eval margins
eval row_names
do for [i=1:|$ladders|] { set label word($ladders[i], 2) at screen across(4), first int(word($ladders[i], 1)) }
low = min(0.8, 0.9 * min(X_min, FROM_min)); high = 1.2 * max(X_max, FROM_max)
set logscale x
set xrange [low:high]
places = (right - left) / 46.0
eval round_tics
eval 'set xtics ('.tics.')'
set samples 2
set xlabel 'times as fast as naive code on one thread' offset 0,0.4
plot '+' using (1):(0.5 + rows * $0) with lines lt 9 lw 1.2, \
  $rows using 5:1:($6 - $5):(0):9 with vectors nohead lc variable dt 1 lw 6, \
  $rows using 7:1:($8 - $7):(0) with vectors nohead lc rgb ink dt 1 lw 1.2, \
  $rows using 6:1:(symbol($9)):9 with points pt variable lc variable ps 0.75
