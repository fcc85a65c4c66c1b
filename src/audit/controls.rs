//! All controls, one a file.

mod cb_1;
mod cb_10;
mod cb_11;
mod cb_12;
mod cb_13;
mod cb_2;
mod cb_3;
mod cb_4;
mod cb_5;
mod cb_6;
mod cb_7;
mod cb_8;
mod cb_9;
mod cdk_1;
mod cp_a1;
mod cp_a10;
mod cp_a11;
mod cp_a2;
mod cp_a3;
mod cp_a4;
mod cp_a5;
mod cp_a6;
mod cp_a7;
mod cp_a8;
mod cp_a9;
mod cp_apr_1;
mod cp_apr_2;
mod cp_apr_3;
mod cp_apr_4;
mod cp_apr_5;
mod cp_art_1;
mod cp_art_2;
mod cp_art_3;
mod cp_art_4;
mod cp_art_5;
mod cp_art_6;
mod cp_art_7;
mod cp_art_8;
mod cp_cfn_1;
mod cp_cfn_2;
mod cp_cfn_3;
mod cp_cfn_4;
mod cp_cfn_5;
mod cp_cfn_6;
mod cp_cfn_7;
mod cp_map_1;
mod cp_obs_1;
mod cp_obs_2;
mod cp_obs_3;
mod cp_obs_4;
mod cp_role_1;
mod cp_role_2;
mod cp_role_3;
mod cp_role_4;
mod cp_role_5;
mod cp_role_6;
mod cp_src_1;
mod cp_src_2;
mod cp_src_3;
mod cp_src_4;
mod cp_src_5;
mod cp_src_6;
mod ecr_1;
mod lam_1;
mod mp_1;
mod oidc_1;
mod oidc_2;
mod scp_1;
mod stk_1;
mod tf_1;
mod tf_2;
mod usr_1;
mod xa_1;
mod xa_2;

use super::control::Control;
pub(super) use cp_role_2::places_by_role;

/// The controls, by id.
pub const CONTROLS: [&Control; 74] = [
    &cb_1::CONTROL,
    &cb_10::CONTROL,
    &cb_11::CONTROL,
    &cb_12::CONTROL,
    &cb_13::CONTROL,
    &cb_2::CONTROL,
    &cb_3::CONTROL,
    &cb_4::CONTROL,
    &cb_5::CONTROL,
    &cb_6::CONTROL,
    &cb_7::CONTROL,
    &cb_8::CONTROL,
    &cb_9::CONTROL,
    &cdk_1::CONTROL,
    &cp_a1::CONTROL,
    &cp_a10::CONTROL,
    &cp_a11::CONTROL,
    &cp_a2::CONTROL,
    &cp_a3::CONTROL,
    &cp_a4::CONTROL,
    &cp_a5::CONTROL,
    &cp_a6::CONTROL,
    &cp_a7::CONTROL,
    &cp_a8::CONTROL,
    &cp_a9::CONTROL,
    &cp_apr_1::CONTROL,
    &cp_apr_2::CONTROL,
    &cp_apr_3::CONTROL,
    &cp_apr_4::CONTROL,
    &cp_apr_5::CONTROL,
    &cp_art_1::CONTROL,
    &cp_art_2::CONTROL,
    &cp_art_3::CONTROL,
    &cp_art_4::CONTROL,
    &cp_art_5::CONTROL,
    &cp_art_6::CONTROL,
    &cp_art_7::CONTROL,
    &cp_art_8::CONTROL,
    &cp_cfn_1::CONTROL,
    &cp_cfn_2::CONTROL,
    &cp_cfn_3::CONTROL,
    &cp_cfn_4::CONTROL,
    &cp_cfn_5::CONTROL,
    &cp_cfn_6::CONTROL,
    &cp_cfn_7::CONTROL,
    &cp_map_1::CONTROL,
    &cp_obs_1::CONTROL,
    &cp_obs_2::CONTROL,
    &cp_obs_3::CONTROL,
    &cp_obs_4::CONTROL,
    &cp_role_1::CONTROL,
    &cp_role_2::CONTROL,
    &cp_role_3::CONTROL,
    &cp_role_4::CONTROL,
    &cp_role_5::CONTROL,
    &cp_role_6::CONTROL,
    &cp_src_1::CONTROL,
    &cp_src_2::CONTROL,
    &cp_src_3::CONTROL,
    &cp_src_4::CONTROL,
    &cp_src_5::CONTROL,
    &cp_src_6::CONTROL,
    &ecr_1::CONTROL,
    &lam_1::CONTROL,
    &mp_1::CONTROL,
    &oidc_1::CONTROL,
    &oidc_2::CONTROL,
    &scp_1::CONTROL,
    &stk_1::CONTROL,
    &tf_1::CONTROL,
    &tf_2::CONTROL,
    &usr_1::CONTROL,
    &xa_1::CONTROL,
    &xa_2::CONTROL,
];
