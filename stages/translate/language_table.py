"""The names that models give to languages, beside the BCP-47 tags that Polyreel uses: one table.

Rows are the languages of FLORES-200, M2M-100 and mBART-50. A tag names a script only where the
language's usual one is not meant, but for Chinese, whose two scripts are both named. A dash: that
scheme has no name for it.

FLORES-200 codes are NLLB's (https://github.com/facebookresearch/flores); `iso639_1` and `iso639_3`
are ISO's; `fasttext` are the labels of lid.176, which know no scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Scheme = Literal["flores", "iso639_1", "iso639_3", "fasttext", "m2m100", "mbart50"]


@dataclass(frozen=True)
class LanguageCodes:
    """One language's names; None where a scheme has none."""

    tag: str
    flores: str | None
    iso639_1: str | None
    iso639_3: str | None
    fasttext: str | None
    m2m100: str | None
    mbart50: str | None


@cache
def language_table() -> dict[str, LanguageCodes]:
    """Every language of the table by its tag."""
    found = {}
    for line in _TABLE.strip().splitlines():
        tag, *names = line.split()
        found[tag] = LanguageCodes(tag, *(None if name == "-" else name for name in names))
    return found


def codes(scheme: Scheme) -> dict[str, str]:
    """Tag -> the scheme's code, for the languages that it names."""
    named = {tag: getattr(row, scheme) for tag, row in language_table().items()}
    return {tag: code for tag, code in named.items() if code is not None}


# tag, flores, iso639_1, iso639_3, fasttext, m2m100, mbart50
_TABLE = """
ace       ace_Latn  -   ace  -    -    -
ace-Arab  ace_Arab  -   ace  -    -    -
acm       acm_Arab  -   acm  -    -    -
acq       acq_Arab  -   acq  -    -    -
aeb       aeb_Arab  -   aeb  -    -    -
af        afr_Latn  af  afr  af   af   af_ZA
ajp       ajp_Arab  -   ajp  -    -    -
ak        aka_Latn  ak  aka  -    -    -
am        amh_Ethi  am  amh  am   am   -
apc       apc_Arab  -   apc  -    -    -
ar        arb_Arab  ar  arb  ar   ar   ar_AR
ars       ars_Arab  -   ars  -    -    -
ary       ary_Arab  -   ary  -    -    -
arz       arz_Arab  -   arz  arz  -    -
as        asm_Beng  as  asm  as   -    -
ast       ast_Latn  -   ast  ast  ast  -
awa       awa_Deva  -   awa  -    -    -
ay        ayr_Latn  ay  ayr  -    -    -
az        azj_Latn  az  azj  az   az   az_AZ
azb       azb_Arab  -   azb  azb  -    -
ba        bak_Cyrl  ba  bak  ba   ba   -
ban       ban_Latn  -   ban  -    -    -
be        bel_Cyrl  be  bel  be   be   -
bem       bem_Latn  -   bem  -    -    -
bg        bul_Cyrl  bg  bul  bg   bg   -
bho       bho_Deva  -   bho  -    -    -
bjn       bjn_Latn  -   bjn  -    -    -
bjn-Arab  bjn_Arab  -   bjn  -    -    -
bm        bam_Latn  bm  bam  -    -    -
bn        ben_Beng  bn  ben  bn   bn   bn_IN
bo        bod_Tibt  bo  bod  bo   -    -
br        -         br  bre  -    br   -
bs        bos_Latn  bs  bos  bs   bs   -
bug       bug_Latn  -   bug  -    -    -
ca        cat_Latn  ca  cat  ca   ca   -
ceb       ceb_Latn  -   ceb  ceb  ceb  -
cjk       cjk_Latn  -   cjk  -    -    -
ckb       ckb_Arab  -   ckb  ckb  -    -
crh       crh_Latn  -   crh  -    -    -
cs        ces_Latn  cs  ces  cs   cs   cs_CZ
cy        cym_Latn  cy  cym  cy   cy   -
da        dan_Latn  da  dan  da   da   -
de        deu_Latn  de  deu  de   de   de_DE
dik       dik_Latn  -   dik  -    -    -
dyu       dyu_Latn  -   dyu  -    -    -
dz        dzo_Tibt  dz  dzo  -    -    -
ee        ewe_Latn  ee  ewe  -    -    -
el        ell_Grek  el  ell  el   el   -
en        eng_Latn  en  eng  en   en   en_XX
eo        epo_Latn  eo  epo  eo   -    -
es        spa_Latn  es  spa  es   es   es_XX
et        est_Latn  et  est  et   et   et_EE
eu        eus_Latn  eu  eus  eu   -    -
fa        pes_Arab  fa  pes  fa   fa   fa_IR
fa-AF     prs_Arab  fa  prs  fa   -    -
ff        fuv_Latn  ff  fuv  -    ff   -
fi        fin_Latn  fi  fin  fi   fi   fi_FI
fil       tgl_Latn  -   tgl  tl   tl   tl_XX
fj        fij_Latn  fj  fij  -    -    -
fo        fao_Latn  fo  fao  -    -    -
fon       fon_Latn  -   fon  -    -    -
fr        fra_Latn  fr  fra  fr   fr   fr_XX
fur       fur_Latn  -   fur  -    -    -
fy        -         fy  fry  -    fy   -
ga        gle_Latn  ga  gle  ga   ga   -
gd        gla_Latn  gd  gla  gd   gd   -
gl        glg_Latn  gl  glg  gl   gl   gl_ES
gn        grn_Latn  gn  grn  gn   -    -
gu        guj_Gujr  gu  guj  gu   gu   gu_IN
ha        hau_Latn  ha  hau  -    ha   -
he        heb_Hebr  he  heb  he   he   he_IL
hi        hin_Deva  hi  hin  hi   hi   hi_IN
hne       hne_Deva  -   hne  -    -    -
hr        hrv_Latn  hr  hrv  hr   hr   hr_HR
ht        hat_Latn  ht  hat  ht   ht   -
hu        hun_Latn  hu  hun  hu   hu   -
hy        hye_Armn  hy  hye  hy   hy   -
id        ind_Latn  id  ind  id   id   id_ID
ig        ibo_Latn  ig  ibo  -    ig   -
ilo       ilo_Latn  -   ilo  ilo  ilo  -
is        isl_Latn  is  isl  is   is   -
it        ita_Latn  it  ita  it   it   it_IT
ja        jpn_Jpan  ja  jpn  ja   ja   ja_XX
jv        jav_Latn  jv  jav  jv   jv   -
ka        kat_Geor  ka  kat  ka   ka   ka_GE
kab       kab_Latn  -   kab  -    -    -
kac       kac_Latn  -   kac  -    -    -
kam       kam_Latn  -   kam  -    -    -
kbp       kbp_Latn  -   kbp  -    -    -
kea       kea_Latn  -   kea  -    -    -
kg        kon_Latn  kg  kon  -    -    -
ki        kik_Latn  ki  kik  -    -    -
kk        kaz_Cyrl  kk  kaz  kk   kk   kk_KZ
km        khm_Khmr  km  khm  km   km   km_KH
kmb       kmb_Latn  -   kmb  -    -    -
kn        kan_Knda  kn  kan  kn   kn   -
ko        kor_Hang  ko  kor  ko   ko   ko_KR
kr        knc_Latn  kr  knc  -    -    -
kr-Arab   knc_Arab  kr  knc  -    -    -
ks        kas_Arab  ks  kas  -    -    -
ks-Deva   kas_Deva  ks  kas  -    -    -
ku        kmr_Latn  ku  kmr  ku   -    -
ky        kir_Cyrl  ky  kir  ky   -    -
lb        ltz_Latn  lb  ltz  lb   lb   -
lg        lug_Latn  lg  lug  -    lg   -
li        lim_Latn  li  lim  li   -    -
lij       lij_Latn  -   lij  -    -    -
lmo       lmo_Latn  -   lmo  lmo  -    -
ln        lin_Latn  ln  lin  -    ln   -
lo        lao_Laoo  lo  lao  lo   lo   -
lt        lit_Latn  lt  lit  lt   lt   lt_LT
ltg       ltg_Latn  -   ltg  -    -    -
lua       lua_Latn  -   lua  -    -    -
luo       luo_Latn  -   luo  -    -    -
lus       lus_Latn  -   lus  -    -    -
lv        lvs_Latn  lv  lvs  lv   lv   lv_LV
mag       mag_Deva  -   mag  -    -    -
mai       mai_Deva  -   mai  mai  -    -
mg        plt_Latn  mg  plt  mg   mg   -
mi        mri_Latn  mi  mri  -    -    -
min       min_Latn  -   min  min  -    -
mk        mkd_Cyrl  mk  mkd  mk   mk   mk_MK
ml        mal_Mlym  ml  mal  ml   ml   ml_IN
mn        khk_Cyrl  mn  khk  mn   mn   mn_MN
mni       mni_Beng  -   mni  -    -    -
mos       mos_Latn  -   mos  -    -    -
mr        mar_Deva  mr  mar  mr   mr   mr_IN
ms        zsm_Latn  ms  zsm  ms   ms   -
mt        mlt_Latn  mt  mlt  mt   -    -
my        mya_Mymr  my  mya  my   my   my_MM
nb        nob_Latn  nb  nob  no   no   -
ne        npi_Deva  ne  npi  ne   ne   ne_NP
nl        nld_Latn  nl  nld  nl   nl   nl_XX
nn        nno_Latn  nn  nno  nn   -    -
nso       nso_Latn  -   nso  -    ns   -
nus       nus_Latn  -   nus  -    -    -
ny        nya_Latn  ny  nya  -    -    -
oc        oci_Latn  oc  oci  oc   oc   -
om        gaz_Latn  om  gaz  -    -    -
or        ory_Orya  or  ory  or   or   -
pa        pan_Guru  pa  pan  pa   pa   -
pag       pag_Latn  -   pag  -    -    -
pap       pap_Latn  -   pap  -    -    -
pl        pol_Latn  pl  pol  pl   pl   pl_PL
ps        pbt_Arab  ps  pbt  ps   ps   ps_AF
pt        por_Latn  pt  por  pt   pt   pt_XX
qu        quy_Latn  qu  quy  -    -    -
rn        run_Latn  rn  run  -    -    -
ro        ron_Latn  ro  ron  ro   ro   ro_RO
ru        rus_Cyrl  ru  rus  ru   ru   ru_RU
rw        kin_Latn  rw  kin  -    -    -
sa        san_Deva  sa  san  sa   -    -
sat       sat_Beng  -   sat  -    -    -
sc        srd_Latn  sc  srd  sc   -    -
scn       scn_Latn  -   scn  scn  -    -
sd        snd_Arab  sd  snd  sd   sd   -
sg        sag_Latn  sg  sag  -    -    -
shn       shn_Mymr  -   shn  -    -    -
si        sin_Sinh  si  sin  si   si   si_LK
sk        slk_Latn  sk  slk  sk   sk   -
sl        slv_Latn  sl  slv  sl   sl   sl_SI
sm        smo_Latn  sm  smo  -    -    -
sn        sna_Latn  sn  sna  -    -    -
so        som_Latn  so  som  so   so   -
sq        als_Latn  sq  als  sq   sq   -
sr        srp_Cyrl  sr  srp  sr   sr   -
ss        ssw_Latn  ss  ssw  -    ss   -
st        sot_Latn  st  sot  -    -    -
su        sun_Latn  su  sun  su   su   -
sv        swe_Latn  sv  swe  sv   sv   sv_SE
sw        swh_Latn  sw  swh  sw   sw   sw_KE
szl       szl_Latn  -   szl  -    -    -
ta        tam_Taml  ta  tam  ta   ta   ta_IN
taq       taq_Latn  -   taq  -    -    -
taq-Tfng  taq_Tfng  -   taq  -    -    -
te        tel_Telu  te  tel  te   -    te_IN
tg        tgk_Cyrl  tg  tgk  tg   -    -
th        tha_Thai  th  tha  th   th   th_TH
ti        tir_Ethi  ti  tir  -    -    -
tk        tuk_Latn  tk  tuk  tk   -    -
tn        tsn_Latn  tn  tsn  -    tn   -
tpi       tpi_Latn  -   tpi  -    -    -
tr        tur_Latn  tr  tur  tr   tr   tr_TR
ts        tso_Latn  ts  tso  -    -    -
tt        tat_Cyrl  tt  tat  tt   -    -
tum       tum_Latn  -   tum  -    -    -
tw        twi_Latn  tw  twi  -    -    -
tzm       tzm_Tfng  -   tzm  -    -    -
ug        uig_Arab  ug  uig  ug   -    -
uk        ukr_Cyrl  uk  ukr  uk   uk   uk_UA
umb       umb_Latn  -   umb  -    -    -
ur        urd_Arab  ur  urd  ur   ur   ur_PK
uz        uzn_Latn  uz  uzn  uz   uz   -
vec       vec_Latn  -   vec  vec  -    -
vi        vie_Latn  vi  vie  vi   vi   vi_VN
war       war_Latn  -   war  war  -    -
wo        wol_Latn  wo  wol  -    wo   -
xh        xho_Latn  xh  xho  -    xh   xh_ZA
yi        ydd_Hebr  yi  ydd  yi   yi   -
yo        yor_Latn  yo  yor  yo   yo   -
yue       yue_Hant  -   yue  -    -    -
zh-Hans   zho_Hans  zh  zho  zh   zh   zh_CN
zh-Hant   zho_Hant  zh  zho  zh   -    -
zu        zul_Latn  zu  zul  -    zu   -
"""
