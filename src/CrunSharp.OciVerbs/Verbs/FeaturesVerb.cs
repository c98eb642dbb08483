using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.OciVerbs;

internal sealed class FeaturesVerb() : OciVerb("features", "Say as JSON what this runtime can do")
{
    private static readonly string[] s_actions =
        ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"];

    private static readonly string[] s_operators =
        ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"];

    private static readonly string[] s_architectures =
        ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390X", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"];

    private static readonly string[] s_seccompFlags =
        ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"];

    public override void Describe(Command command)
    {
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        ArrayBufferWriter<byte> buffer = new(8192);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin"u8, "1.0.0");
            json.WriteString("ociVersionMax"u8, Spec.CurrentVersion);
            List(json, "hooks", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]);
            List(json, "mountOptions", CrunSharp.Runtime.Features.MountOptions);
            WriteLinux(json);
            json.WriteStartObject("annotations"u8);
            json.WriteString("io.github.seccomp.libseccomp.version"u8, SeccompCompiler.Version);
            json.WriteString("org.opencontainers.runc.checkpoint.enabled"u8, "false");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        Output.Write(buffer.WrittenSpan);
        Output.Write("\n");
        return 0;
    }

    private static void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux"u8);
        List(json, "namespaces", ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]);
        List(json, "capabilities", Capability.Names);
        Object(json, "cgroup", ("v1", true), ("v2", true), ("systemd", true), ("systemdUser", true), ("rdma", true));
        json.WriteStartObject("seccomp"u8);
        json.WriteBoolean("enabled"u8, true);
        List(json, "actions", s_actions);
        List(json, "operators", s_operators);
        List(json, "archs", s_architectures);
        List(json, "knownFlags", s_seccompFlags);
        List(json, "supportedFlags", s_seccompFlags);
        json.WriteEndObject();
        Object(json, "apparmor", ("enabled", true));
        Object(json, "selinux", ("enabled", true));
        Object(json, "intelRdt", ("enabled", false));
        Object(json, "netDevices", ("enabled", false));
        json.WriteStartObject("mountExtensions"u8);
        Object(json, "idmap", ("enabled", CrunSharp.Runtime.Features.IdMappedMounts));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void List(Utf8JsonWriter json, string name, IEnumerable<string> words)
    {
        json.WriteStartArray(name);
        foreach (string word in words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
    }

    private static void Object(Utf8JsonWriter json, string name, params ReadOnlySpan<(string Name, bool Value)> members)
    {
        json.WriteStartObject(name);
        foreach ((string member, bool value) in members)
        {
            json.WriteBoolean(member, value);
        }

        json.WriteEndObject();
    }
}
