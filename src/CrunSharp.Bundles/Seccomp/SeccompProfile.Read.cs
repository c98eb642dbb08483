using CrunSharp.Oci;

namespace CrunSharp.Bundles;

public sealed partial class SeccompProfile
{
    /// <summary>Reads a profile as docker and podman take it.</summary>
    /// <exception cref="CrunException">It is no JSON, or has something that this engine does not know.</exception>
    public static SeccompProfile Read(ReadOnlySpan<byte> json) => JsonCursor.Read("the seccomp profile", json, ReadProfile);

    private static SeccompProfile ReadProfile(ref JsonCursor cursor)
    {
        string? action = null;
        uint? errno = null;
        IReadOnlyList<SyscallRule> rules = [];
        IReadOnlyList<string>? architectures = null;
        IReadOnlyList<string> flags = [];
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("defaultAction"u8))
            {
                action = cursor.NextText();
            }
            else if (cursor.Is("defaultErrnoRet"u8))
            {
                errno = cursor.NextUInt32();
            }
            else if (cursor.Is("architectures"u8))
            {
                architectures = cursor.NextTexts();
            }
            else if (cursor.Is("flags"u8))
            {
                flags = cursor.NextTexts();
            }
            else if (cursor.Is("syscalls"u8))
            {
                rules = cursor.NextList(ReadRule);
            }
            else if (cursor.Is("listenerPath"u8) || cursor.Is("listenerMetadata"u8))
            {
                throw cursor.Wrong("asks for a listener, which this engine does not start");
            }
            else
            {
                // archMap says of every architecture what ArchitecturesOf says of this one.
                cursor.Skip();
            }
        }

        return new SeccompProfile(action ?? throw cursor.Wrong("has no defaultAction"), errno, rules, architectures, flags);
    }

    private static SyscallRule ReadRule(ref JsonCursor cursor)
    {
        SyscallRule rule = new("");
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("names"u8))
            {
                rule = rule with { Names = string.Join(' ', cursor.NextTexts()) };
            }
            else if (cursor.Is("name"u8))
            {
                rule = cursor.NextText() is { Length: > 0 } name ? rule with { Names = name } : rule;
            }
            else if (cursor.Is("action"u8))
            {
                rule = rule with { Action = cursor.NextText() ?? throw cursor.Wrong("is no action") };
            }
            else if (cursor.Is("errnoRet"u8))
            {
                rule = rule with { Errno = cursor.NextUInt32() };
            }
            else if (cursor.Is("args"u8))
            {
                rule = rule with { Arguments = cursor.NextList(ReadArgument) };
            }
            else if (cursor.Is("includes"u8))
            {
                Condition condition = ReadCondition(ref cursor);
                rule = rule with { Capabilities = condition.Capabilities, Architectures = condition.Architectures, Since = condition.Kernel };
            }
            else if (cursor.Is("excludes"u8))
            {
                Condition condition = ReadCondition(ref cursor);
                rule = rule with { WithoutCapabilities = condition.Capabilities, NotArchitectures = condition.Architectures, Before = condition.Kernel };
            }
            else
            {
                cursor.Skip();
            }
        }

        return rule.Names.Length > 0 ? rule : throw cursor.Wrong("names no system call");
    }

    private static ArgumentTest ReadArgument(ref JsonCursor cursor)
    {
        uint index = 0;
        ulong value = 0, second = 0;
        string? comparison = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("index"u8))
            {
                index = cursor.NextUInt32() ?? 0;
            }
            else if (cursor.Is("value"u8))
            {
                value = cursor.NextUInt64() ?? 0;
            }
            else if (cursor.Is("valueTwo"u8))
            {
                second = cursor.NextUInt64() ?? 0;
            }
            else if (cursor.Is("op"u8))
            {
                comparison = cursor.NextText();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new ArgumentTest(index, comparison ?? throw cursor.Wrong("has no op"), value, second);
    }

    private static Condition ReadCondition(ref JsonCursor cursor)
    {
        IReadOnlyList<string> capabilities = [], architectures = [];
        Version? kernel = null;
        if (!cursor.NextObject())
        {
            return new Condition([], [], null);
        }

        while (cursor.NextField())
        {
            if (cursor.Is("caps"u8))
            {
                capabilities = cursor.NextTexts();
            }
            else if (cursor.Is("arches"u8))
            {
                architectures = cursor.NextTexts();
            }
            else if (cursor.Is("minKernel"u8))
            {
                string text = cursor.NextText() ?? "";
                kernel = Version.TryParse(text, out Version? version) ? version : throw cursor.Wrong($"is '{text}', which is no version of a kernel");
            }
            else
            {
                // An unknown condition that is not looked at would make the filter weaker than it was meant to be.
                throw cursor.Wrong("is a condition that this engine does not know");
            }
        }

        return new Condition(capabilities, architectures, kernel);
    }

    private static void Enter(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            throw cursor.Wrong("is not an object");
        }
    }

    private sealed record Condition(IReadOnlyList<string> Capabilities, IReadOnlyList<string> Architectures, Version? Kernel);
}
