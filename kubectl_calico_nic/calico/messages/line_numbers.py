"""The source lines that the messages stand on, as the frame of a log line shows them.

They are real for the releases named and the nearest known ones for the releases between them.
Nothing is decided by a line number: they only make written logs look as Calico's own.
"""

from __future__ import annotations

from kubectl_calico_nic.calico.messages.event import Event
from kubectl_calico_nic.calico.version import Version

_RELEASES = (
    Version(3, 0, 11),
    Version(3, 8, 9),
    Version(3, 13, 5),
    Version(3, 17, 6),
    Version(3, 19, 4),
    Version(3, 21, 6),
    Version(3, 23, 5),
    Version(3, 24, 6),
    Version(3, 28, 5),
    Version(3, 30, 7),
    Version(3, 31, 7),
    Version(3, 32, 1),
    Version(3, 33, 0),
)
"""The releases of the table's columns."""

_TABLE = """
FIRST_FOUND                     546  584  671  765  774  714  103  103  103  103  103  103  103
INTERFACE                       560  598  685  779  788  728  117  117  117  117  117  117  117
SKIP_INTERFACE                  590  628  715  823  832  772  161  161  161  161  161  161  161
CAN_REACH                       572  610  697  805  814  754  143  143  143  143  143  143  143
CIDR                              -    -    -  793  802  742  131  131  131  131  131  131  131
LOCAL_CIDR                        -    -    -    - 1430 1330  229  229  229  229  229  229  229
FIRST_FOUND_FAILED              542  580  667  761  770  710   99   99   99   99   99   99   99
INTERFACE_FAILED                556  594  681  775  784  724  113  113  113  113  113  113  113
SKIP_INTERFACE_FAILED           586  624  711  819  828  768  157  157  157  157  157  157  157
CAN_REACH_FAILED                569  607  694  802  811  751  140  140  140  140  140  140  140
CIDR_FAILED                       -    -    -  789  798  738  127  127  127  127  127  127  127
LOCAL_CIDR_MISSING                -    -    -    - 1437 1337  236  236  236  236  236  236  236
CIDR_INVALID                      -    -    -  728  737  677   59   59   59   59   59   59   59
INTERNAL_IP_UNPARSABLE            -    -    -    -    -    -  185  185  185  185  185  185  185
INTERNAL_IP_OUTSIDE_KUBERNETES    -    -    -    -    -    -   80   80   80   80   80   80   80
METHOD_INVALID                  530  568  655  749  758  698   87   87   87   87   87   87   87
CAN_REACH_SOURCE                 46   46   46   46   46   47   47   47   47   47   47   47   47
CAN_REACH_INTERFACE              55   55   55   55   55   56   56   56   56   56   56   56   56
CAN_REACH_CIDR                   57   57   57   57   57   58   58   58   58   58   58   58   58
CAN_REACH_MATCH                  59   59   59   59   59   60   60   60   60   60   60   60   60
REGEX_INVALID                    49   49   49   49   49   50   50   50   50   50   50   57   57
INTERFACES_UNREADABLE            37   37   37   37   37   38   38   38   38   38   38   38   38
INTERFACE_ADDRESSES_UNREADABLE   81   81   81   81   81   82   82   82   82   82   82  102  102
INTERFACE_ADDRESS_UNPARSABLE     90   90   90   90   90   91   91   91   91   91   91  112  112
DISABLED                          -    -    -  543  547  487  517  517  521  527  642  643  645
DISABLED/6                        -    -    -  571  580  520  550  550  554  560  675  676  678
FROM_ENVIRONMENT                438  476  529  606  615  555  585  585  589  595  755  756  758
CONFIRMED                       471  509  562  639  648  588  618  618  622  628  788  789  791
NO_HOST_INTERFACES              465  503  556  633  642  582  612  612  616  622  782  783  785
CHANGED                         414  452  505  582  591  531  561  561  565  571  726  727  729
CHANGED/6                       418  456  509  586  595  535  565  565  569  575  730  731  733
INTERFACES_CHANGED                -    -    -    -    -    -    -    -    -    -  735  736  738
CLEARED                         206  210  263  350  354  361  391  391  395  401  516  517  519
CLEARED/6                       210  214  267  354  358  365  395  395  399  405  520  521  523
NONE_NEEDED                       -    -    -  269  273  280  284  284  286  285  400  401  403
NOT_DETECTED                    371  404  457  533  537  477  507  507  511  517  632  633  635
NOT_DETECTED/6                  396  429  482  561  570  510  540  540  544  550  665  666  668
KEPT                            377  410  463  539  543  483  513  513  517  523  638  639  641
KEPT/6                          402  435  488  567  576  516  546  546  550  556  671  672  674
ENVIRONMENT_INVALID             435  473  526  603  612  552  582  582  586  592  752  753  755
LOCAL_CIDR_FAILED                 -    -    -    -  554  494  524  524  528  534  649  650  652
UNCONFIRMED                     476  514  567  644  653  593  623  623  627  633  793  794  796
NODE_CHANGED                    812  866  998 1113 1123 1063  974  978  990 1034 1195 1195 1198
NODE_CHANGED/6                  816  870 1002 1117 1127 1067  978  982  994 1038 1199 1199 1202
CONFLICT                        824  878 1010 1125 1135 1075  986  990 1002 1046 1207 1207 1210
CONFLICT/6                      830  884 1016 1131 1141 1081  992  996 1008 1052 1213 1213 1216
CLEAR_FAILED                    222  226  279  366  370  377  407  407  411  417  532  533  535
NONE_ENABLED                      -  446  499    -    -    -    -    -    -    -    -    -    -
STORED_UNPARSABLE               453  491  544  621  630  570  600  600  604  610  770  771  773
HOST_INTERFACES_UNREADABLE      461  499  552  629  638  578  608  608  612  618  778  779  781
CONFLICT_UNCHECKED              763  817  949 1064 1074 1014  925  929  941  985 1146 1146 1149
PEER_UNPARSABLE                 793  847  979 1094 1104 1044  955  959  971 1015 1176 1176 1179
PEER_UNPARSABLE/6               800  854  986 1101 1111 1051  962  966  978 1022 1183 1183 1186
NONE_CONFIGURED                   -    -    -  265  269  276  280  280  282  281  396    -    -
CONFIGURE_FAILED                  -    -    -    -    -    -    -    -    -    -    -  368  370
LOG_LEVEL_SET                   248  256  309  386  390  397  427  427  431  437  552  553  555
STARTING_NODE                     -    -    -    -  103   99   94   94   95   93  112  111  113
DATASTORE_CHECKED               280  316  369  446  450  402  432  432  436  442  557  558  560
DATASTORE_RETRIED               295  331  384  461  465  417  447  447  451  457  571  572  574
DATASTORE_VERIFIED              304  340  393  470  474  426  456  456  460  466  580  581  583
DATASTORE_READY                  99   95  104  112  113  109  104  104  105  103  122  121  123
DATASTORE_SKIPPED               101   97  106  114  115  111  106  106  107  105  124  123  125
NODE_UNREADABLE                 329  362  415  491  495  435  465  465  469  475  589  590  592
NODE_NEW                        334  367  420  496  500  440  470  470  474  480  594  595  597
BGP_INITIALIZED                 349  382  435  511  515  455  485  485  489  495  609  610  612
AS_FROM_ENVIRONMENT             604  642  729  837  846  786  696  696  706  712  872  873  875
AS_GLOBAL                       609  647  734  842  851  791  701  701  712  718  878  879  881
AS_FROM_NODE                    611  649  736  844  853  793  703  703  714  720  880  881  883
POOLS_SKIPPED                   629  682  768  876  885  825  735  735  747  753  913  914  916
USING_NODE_NAME                 177  181  234  224  228  209  218  218  215  213  249  241  243
DATASTORE_UNAUTHORIZED          292  328  381  458  462  414  444  444  448  454  568  569  571
NODE_QUERY_FATAL                330  363  416  492  496  436  466  466  470  476  590  591  593
LOG_LEVEL_INVALID               243  251  304  381  385  392  422  422  426  432  547  548  550
KUBERNETES_NODE_UNREADABLE        -    -    -    -    -    -  180  180  181  179  215  207  209
NODE_UPDATE_FAILED              159  164  217  207  211  192  201  201  194  192  228  220  222
NODENAME_FROM_ENVIRONMENT       263  272  325  402  406  126  127  126  126  125  125  125  125
NODENAME_FROM_FILE                -  274  327  404  408  128  129  128  128  127  127  127  127
NODENAME_FROM_HOSTNAME          265  276  329  406  410  130  131  130  130  129  129  129  129
NODENAME_DETERMINED             273  284  337  414  418  138  139  138  138  137  137  137  137
TERMINATING                    1009 1057 1214 1337 1347   48   49   48   48   47   47   47   47
IN_CLUSTER_CONFIG                 -    -    -    -    -    -    -    -  150  149    -    -    -
MONITOR_TICK                      -    -    -  307  311  318  348  348  350  343  458  460  462
MONITOR_UPDATED                   -    -    -  315  319  326  356  356  358  364  479  480  482
MONITOR_RETRIED                   -    -    -  318  322  329  359  359  361  367  482  483  485
MONITOR_INTERVAL_INVALID          -    -    -  239  243  250  252  252  249  248  363  357  359
SERVICE_STARTED                   -    -    -    -    -    -    -    -    -    -    -   68   68
SERVICES_FAILED                   -    -    -    -    -    -    -    -    -    -    -   81   81
NETWORK_UNAVAILABLE_SET           -  149  201  191  195  190  191  190  190  189  191  191  191
COMPLETE_WAITING                  -    -    -    -    -    -    -    -    -    -  289  281  283
COMPLETE_SKIPPED                  -    -    -    -    -    -    -    -    -    -  313  305  307
COMPLETE                          -    -    -    -    -    -    -    -    -    -  352  346  348
COMPLETE_NOT_READY                -    -    -    -    -    -    -    -    -    -  298  290  292
COMPLETE_TIMED_OUT                -    -    -    -    -    -    -    -    -    -  261  253  255
NETWORK_UNAVAILABLE_FAILED        -  152  204  194  198  230  232  232  229  227  341  329  331
BGP_PEERS                         -  156  156  180  180  180  180  180  202  202  206  207  207
MONITOR_SKIPPED                   -    -    -    -    -    -    -    -  315    -    -    -    -
NODENAME_UNSET                  259    -    -    -    -    -    -    -    -    -    -    -    -
"""
"""One column per release, one row per event; ``/6`` where the line for IPv6 is another one."""


def line_number(event: Event, version: Version, family: str) -> int:
    """Return the line that ``version`` logs ``event`` of ``family`` (``4``, ``6`` or empty) on.

    It is that of the first release named that is not older, else of the nearest that has one;
    0 where none has.
    """
    ipv6 = _LINES.get(f"{event.name}/6") if family == "6" else None
    lines = ipv6 or _LINES.get(event.name)
    if lines is None:
        return 0
    newest = len(_RELEASES) - 1
    column = next((i for i, release in enumerate(_RELEASES) if version <= release), newest)
    known = (i for i, line in enumerate(lines) if line is not None)
    nearest = min(known, key=lambda i: abs(i - column))
    return lines[nearest] or 0


def _parse(row: str) -> tuple[str, tuple[int | None, ...]]:
    name, *cells = row.split()
    return name, tuple(None if cell == "-" else int(cell) for cell in cells)


_LINES = dict(map(_parse, _TABLE.strip().splitlines()))
