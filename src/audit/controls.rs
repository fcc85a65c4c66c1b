//! All controls, one a file.

mod cb_1;
mod cb_12;
mod cp_a1;
mod cp_a3;
mod cp_a6;
mod cp_apr_1;
mod cp_apr_2;
mod cp_apr_3;
mod cp_art_1;
mod cp_art_2;
mod cp_art_3;
mod cp_art_4;
mod cp_art_5;
mod cp_art_6;
mod cp_art_7;
mod cp_art_8;
mod cp_cfn_1;
mod cp_cfn_4;
mod cp_cfn_7;
mod cp_obs_1;
mod cp_role_1;
mod cp_role_2;
mod cp_role_3;
mod cp_role_4;
mod cp_src_1;
mod cp_src_4;
mod cp_src_5;
mod cp_src_6;
mod ecr_1;
mod stk_1;

use super::control::Control;

/// The controls, by id.
pub const CONTROLS: [&Control; 30] = [
    &cb_1::CONTROL,
    &cb_12::CONTROL,
    &cp_a1::CONTROL,
    &cp_a3::CONTROL,
    &cp_a6::CONTROL,
    &cp_apr_1::CONTROL,
    &cp_apr_2::CONTROL,
    &cp_apr_3::CONTROL,
    &cp_art_1::CONTROL,
    &cp_art_2::CONTROL,
    &cp_art_3::CONTROL,
    &cp_art_4::CONTROL,
    &cp_art_5::CONTROL,
    &cp_art_6::CONTROL,
    &cp_art_7::CONTROL,
    &cp_art_8::CONTROL,
    &cp_cfn_1::CONTROL,
    &cp_cfn_4::CONTROL,
    &cp_cfn_7::CONTROL,
    &cp_obs_1::CONTROL,
    &cp_role_1::CONTROL,
    &cp_role_2::CONTROL,
    &cp_role_3::CONTROL,
    &cp_role_4::CONTROL,
    &cp_src_1::CONTROL,
    &cp_src_4::CONTROL,
    &cp_src_5::CONTROL,
    &cp_src_6::CONTROL,
    &ecr_1::CONTROL,
    &stk_1::CONTROL,
];
