using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>A seccomp profile with its conditions, and the section of config.json that it comes to for one container.</summary>
public sealed partial class SeccompProfile
{
    private readonly string _defaultAction;
    private readonly uint? _defaultErrno;
    private readonly IReadOnlyList<SyscallRule> _rules;
    private readonly IReadOnlyList<string>? _architectures;
    private readonly IReadOnlyList<string> _flags;

    private SeccompProfile(
        string defaultAction, uint? defaultErrno, IReadOnlyList<SyscallRule> rules, IReadOnlyList<string>? architectures, IReadOnlyList<string> flags)
    {
        _defaultAction = defaultAction;
        _defaultErrno = defaultErrno;
        _rules = rules;
        _architectures = architectures;
        _flags = flags;
    }

    /// <summary>Docker's, of the release that <see cref="DefaultProfile"/> names.</summary>
    public static SeccompProfile Default { get; } = new("SCMP_ACT_ERRNO", DefaultProfile.DefaultErrno, DefaultProfile.Rules, null, []);

    /// <summary>The bytes of <c>linux.seccomp</c>; equal for equal containers, so that the compiled filter can be found again.</summary>
    /// <param name="capabilities">Those of the container's bounding set.</param>
    /// <param name="architecture"><c>amd64</c>, <c>arm64</c> and so on.</param>
    public ReadOnlyMemory<byte> Render(ulong capabilities, string architecture, Version kernel)
    {
        JsonText writer = new(16 << 10);
        writer.WriteStartObject();
        writer.WriteString("defaultAction"u8, _defaultAction);
        if (_defaultErrno is { } errno)
        {
            writer.WriteNumber("defaultErrnoRet"u8, errno);
        }

        WriteTexts(writer, "architectures"u8, _architectures ?? ArchitecturesOf(architecture));
        WriteTexts(writer, "flags"u8, _flags);
        writer.WriteStartArray("syscalls"u8);
        foreach (SyscallRule rule in _rules)
        {
            if (rule.Applies(capabilities, architecture, kernel))
            {
                WriteRule(writer, rule);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return writer.Written.ToArray();
    }

    // The architecture and those whose programs run on it as well: a call by another table must not slip past.
    private static string[] ArchitecturesOf(string architecture) => architecture switch
    {
        "amd64" => ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "arm64" => ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        "riscv64" => ["SCMP_ARCH_RISCV64"],
        "s390x" => ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
        "loong64" => ["SCMP_ARCH_LOONGARCH64"],
        _ => [],
    };

    private static void WriteRule(JsonText writer, SyscallRule rule)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("names"u8);
        foreach (Range name in rule.Names.AsSpan().SplitAny(' ', '\n'))
        {
            if (rule.Names.AsSpan(name) is { IsEmpty: false } word)
            {
                writer.WriteStringValue(word);
            }
        }

        writer.WriteEndArray();
        writer.WriteString("action"u8, rule.Action);
        if (rule.Errno is { } errno)
        {
            writer.WriteNumber("errnoRet"u8, errno);
        }

        if (rule.Arguments.Count > 0)
        {
            writer.WriteStartArray("args"u8);
            foreach (ArgumentTest test in rule.Arguments)
            {
                writer.WriteStartObject();
                writer.WriteNumber("index"u8, test.Index);
                writer.WriteNumber("value"u8, test.Value);
                if (test.ValueTwo != 0)
                {
                    writer.WriteNumber("valueTwo"u8, test.ValueTwo);
                }

                writer.WriteString("op"u8, test.Comparison);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(JsonText writer, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
