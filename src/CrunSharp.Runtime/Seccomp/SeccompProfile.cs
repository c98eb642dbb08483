using System.Text.Json;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The section <c>linux.seccomp</c> of config.json.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#seccomp.</remarks>
internal sealed record SeccompProfile
{
    public required SeccompAction Default { get; init; }

    public IReadOnlyList<string> Architectures { get; init; } = [];

    public IReadOnlyList<string> Flags { get; init; } = [];

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];

    /// <exception cref="CrunException">It is no profile; the message names the place.</exception>
    public static SeccompProfile Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json);
            _ = reader.Read();
            return Read(ref reader);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new CrunException("cannot read linux.seccomp of config.json", failure.Message, failure);
        }
    }

    private static SeccompProfile Read(ref Utf8JsonReader json)
    {
        string? action = null, listenerPath = null, metadata = null;
        uint? errno = null;
        List<string> architectures = [], flags = [];
        List<SeccompRule> rules = [];
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            switch (name)
            {
                case "defaultAction": action = json.GetString(); break;
                case "defaultErrnoRet": errno = json.GetUInt32(); break;
                case "architectures": ReadWords(ref json, architectures); break;
                case "flags": ReadWords(ref json, flags); break;
                case "listenerPath": listenerPath = json.GetString(); break;
                case "listenerMetadata": metadata = json.GetString(); break;
                case "syscalls" when json.TokenType == JsonTokenType.StartArray:
                    while (json.Read() && json.TokenType == JsonTokenType.StartObject)
                    {
                        rules.Add(ReadRule(ref json, rules.Count));
                    }

                    break;
                default: json.Skip(); break;
            }
        }

        return new SeccompProfile
        {
            Default = SeccompAction.Parse(action ?? throw new JsonException("linux.seccomp has no defaultAction"), errno, "linux.seccomp.defaultAction"),
            Architectures = architectures,
            Flags = flags,
            ListenerPath = listenerPath,
            ListenerMetadata = metadata,
            Rules = rules,
        };
    }

    private static SeccompRule ReadRule(ref Utf8JsonReader json, int index)
    {
        List<string> names = [];
        List<SeccompArgument> arguments = [];
        string? action = null;
        uint? errno = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            switch (name)
            {
                case "names": ReadWords(ref json, names); break;
                case "action": action = json.GetString(); break;
                case "errnoRet": errno = json.GetUInt32(); break;
                case "args" when json.TokenType == JsonTokenType.StartArray:
                    while (json.Read() && json.TokenType == JsonTokenType.StartObject)
                    {
                        arguments.Add(ReadArgument(ref json, index));
                    }

                    break;
                default: json.Skip(); break;
            }
        }

        string origin = $"linux.seccomp.syscalls[{index}]";
        return new SeccompRule(
            names, SeccompAction.Parse(action ?? throw new JsonException($"{origin} has no action"), errno, $"{origin}.action"), arguments, origin);
    }

    private static SeccompArgument ReadArgument(ref Utf8JsonReader json, int rule)
    {
        uint index = 0;
        ulong value = 0, second = 0;
        string? comparison = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            switch (name)
            {
                case "index": index = json.GetUInt32(); break;
                case "value": value = json.GetUInt64(); break;
                case "valueTwo": second = json.GetUInt64(); break;
                case "op": comparison = json.GetString(); break;
                default: json.Skip(); break;
            }
        }

        return index <= 5
            ? new SeccompArgument(index, value, second, SeccompArgument.Operator(comparison, $"linux.seccomp.syscalls[{rule}].args"))
            : throw new JsonException($"linux.seccomp.syscalls[{rule}].args: a call has no argument {index}");
    }

    private static void ReadWords(ref Utf8JsonReader json, List<string> words)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            words.Add(json.GetString()!);
        }
    }
}

/// <param name="Value">As libseccomp and the kernel have it, errno included.</param>
internal readonly record struct SeccompAction(uint Value)
{
    public const uint Notify = 0x7fc00000;
    private const uint EPERM = 1;

    public bool IsNotify => Value == Notify;

    /// <summary>Whether a call that no rule names is refused.</summary>
    public bool Refuses => (Value & 0xffff0000) is 0x00050000 or 0x80000000 or 0x00030000 or 0;

    public static SeccompAction Parse(string name, uint? errno, string origin)
    {
        uint value = name switch
        {
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0u,
            "SCMP_ACT_KILL_PROCESS" => 0x80000000,
            "SCMP_ACT_TRAP" => 0x00030000,
            "SCMP_ACT_ERRNO" => 0x00050000 | ((errno ?? EPERM) & 0xffff),
            "SCMP_ACT_TRACE" => 0x7ff00000 | ((errno ?? EPERM) & 0xffff),
            "SCMP_ACT_LOG" => 0x7ffc0000,
            "SCMP_ACT_ALLOW" => 0x7fff0000,
            "SCMP_ACT_NOTIFY" => Notify,
            _ => throw new CrunException($"cannot apply {origin} of config.json", $"there is no action '{name}'"),
        };

        return errno is not null && name is not ("SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE")
            ? throw new CrunException($"cannot apply {origin} of config.json", $"'{name}' takes no errnoRet")
            : new SeccompAction(value);
    }
}

internal sealed record SeccompRule(IReadOnlyList<string> Names, SeccompAction Action, IReadOnlyList<SeccompArgument> Arguments, string Origin);

internal readonly record struct SeccompArgument(uint Index, ulong Value, ulong Second, uint Comparison)
{
    // enum scmp_compare of seccomp.h.
    public static uint Operator(string? name, string origin) => name switch
    {
        "SCMP_CMP_NE" => 1,
        "SCMP_CMP_LT" => 2,
        "SCMP_CMP_LE" => 3,
        "SCMP_CMP_EQ" => 4,
        "SCMP_CMP_GE" => 5,
        "SCMP_CMP_GT" => 6,
        "SCMP_CMP_MASKED_EQ" => 7,
        _ => throw new CrunException($"cannot apply {origin} of config.json", $"there is no comparison '{name}'"),
    };
}
