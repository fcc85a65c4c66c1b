// Synthesizes corpus/templates/cdk with the npm packages aws-cdk-lib 2.276.0 and constructs: `npm install aws-cdk-lib@2.276.0 constructs`, then
// `node app.mjs DIRECTORY`; of what it writes, the templates and manifest.json are kept.
import * as cdk from "aws-cdk-lib";
import * as codebuild from "aws-cdk-lib/aws-codebuild";
import * as codepipeline from "aws-cdk-lib/aws-codepipeline";
import * as actions from "aws-cdk-lib/aws-codepipeline-actions";
import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as sns from "aws-cdk-lib/aws-sns";
import * as sqs from "aws-cdk-lib/aws-sqs";

const app = new cdk.App({ outdir: process.argv[2] ?? "cdk.out", analyticsReporting: false });
const env = { account: "222222222222", region: "us-east-1" };
const synthesizer = () => new cdk.DefaultStackSynthesizer({ generateBootstrapVersionRule: false });

// A pipeline whose names AWS makes.
class Delivery extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id, { env, synthesizer: synthesizer() });
    const key = new kms.Key(this, "Key", { enableKeyRotation: true });
    const artifacts = new s3.Bucket(this, "Artifacts", {
      bucketName: "acme-orders-artifacts", encryptionKey: key, enforceSSL: true, versioned: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    });
    const sources = s3.Bucket.fromBucketName(this, "Sources", "acme-portal-source-222222222222");
    const source = new codepipeline.Artifact("Source");
    const project = new codebuild.PipelineProject(this, "Build", { projectName: "orders-build" });
    project.addToRolePolicy(new iam.PolicyStatement({
      actions: ["ssm:GetParameter"], resources: [this.formatArn({ service: "ssm", resource: "parameter", resourceName: "orders/*" })],
    }));
    new codepipeline.Pipeline(this, "Pipeline", {
      pipelineName: "orders", artifactBucket: artifacts, pipelineType: codepipeline.PipelineType.V2,
      stages: [
        { stageName: "Source", actions: [new actions.S3SourceAction({ actionName: "Code", bucket: sources, bucketKey: "orders.zip", output: source, trigger: actions.S3Trigger.NONE })] },
        { stageName: "Build", actions: [new actions.CodeBuildAction({ actionName: "Build", project, input: source })] },
        { stageName: "Approve", actions: [new actions.ManualApprovalAction({ actionName: "Go" })] },
      ],
    });
  }
}

// Roles with names, a boundary, a policy of its own, a deployer that another organization's tokens get.
class Access extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id, { env, synthesizer: synthesizer() });
    const suffix = new cdk.CfnParameter(this, "Suffix", { type: "String", description: "Whose data" });
    const open = new cdk.CfnParameter(this, "Open", { type: "String", default: "no", allowedValues: ["yes", "no"] });
    const isOpen = new cdk.CfnCondition(this, "IsOpen", { expression: cdk.Fn.conditionEquals(open, "yes") });
    const boundary = new iam.ManagedPolicy(this, "Boundary", {
      managedPolicyName: "orders-boundary",
      statements: [new iam.PolicyStatement({ actions: ["s3:*", "sqs:*", "logs:*"], resources: ["*"] })],
    });
    const reader = new iam.Role(this, "Reader", {
      roleName: "orders-reader", permissionsBoundary: boundary,
      assumedBy: new iam.AccountPrincipal("222222222222"),
    });
    reader.addToPolicy(new iam.PolicyStatement({ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-team-data-222222222222/orders/*"] }));
    reader.addToPolicy(new iam.PolicyStatement({ actions: ["sqs:ReceiveMessage"], resources: [cdk.Fn.sub("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:orders-${Suffix}")] }));
    reader.addToPolicy(new iam.PolicyStatement({ actions: ["iam:CreateUser"], resources: ["*"] }));
    const opened = new iam.CfnRolePolicy(this, "Opened", {
      policyName: "opened", roleName: reader.roleName,
      policyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:PurgeQueue", Resource: "*" }] },
    });
    opened.cfnOptions.condition = isOpen;
    const imported = new iam.Role(this, "Imported", {
      roleName: "orders-importer", assumedBy: new iam.ArnPrincipal(cdk.Fn.importValue("orders-partner-role")),
    });
    imported.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName("ReadOnlyAccess"));
    new iam.Group(this, "Operators", { groupName: "orders-operators", managedPolicies: [boundary] });
  }
}

// Resource policies: a topic, a queue, a bucket of this stack, and one that a custom resource answers about.
class Messages extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id, { env, synthesizer: synthesizer() });
    const topic = new sns.Topic(this, "Topic", { topicName: "orders-events" });
    topic.addToResourcePolicy(new iam.PolicyStatement({ principals: [new iam.AccountPrincipal("444444444444")], actions: ["sns:Publish"], resources: [topic.topicArn] }));
    const queue = new sqs.Queue(this, "Queue", { queueName: "orders-inbox", encryption: sqs.QueueEncryption.UNENCRYPTED });
    queue.addToResourcePolicy(new iam.PolicyStatement({ principals: [new iam.ArnPrincipal("arn:aws:iam::444444444444:root")], actions: ["sqs:SendMessage"], resources: [queue.queueArn] }));
    const answer = new cdk.CustomResource(this, "Answer", { serviceToken: "arn:aws:lambda:us-east-1:222222222222:function:staging-smoke-test", resourceType: "Custom::Partner" });
    const drop = new s3.Bucket(this, "Drop", { bucketName: "acme-orders-drop" });
    drop.addToResourcePolicy(new iam.PolicyStatement({ principals: [new iam.ArnPrincipal(answer.getAttString("RoleArn"))], actions: ["s3:PutObject"], resources: [drop.arnForObjects("in/*")] }));
  }
}

new Delivery(app, "orders-delivery");
new Access(app, "orders-access");
new Messages(app, "orders-messages");
app.synth();
