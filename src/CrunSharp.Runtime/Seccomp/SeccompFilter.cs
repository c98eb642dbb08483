using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Compiles a profile.</summary>
internal static class SeccompFilter
{
    private const uint SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;

    /// <exception cref="CrunException">A rule that libseccomp refuses, by its place.</exception>
    public static SeccompProgram Compile(SeccompProfile profile)
    {
        SeccompProgram straight = Translate(profile);
        return straight with { Filter = SeccompTree.Build(straight.Filter.Span) };
    }

    /// <summary>The filter that compares the number of the call with one after the other.</summary>
    internal static SeccompProgram Translate(SeccompProfile profile)
    {
        using SeccompCompiler compiler = SeccompCompiler.Create(profile.Default.Value);
        List<uint> architectures = [SeccompCompiler.NativeArchitecture];
        foreach (string name in profile.Architectures)
        {
            uint token = Architecture(name);
            compiler.AddArchitecture(token);
            if (!architectures.Contains(token))
            {
                architectures.Add(token);
            }
        }

        // What no rule of an unlisted architecture can judge is refused as the profile refuses.
        if (profile.Default.Refuses)
        {
            compiler.SetBadArchitecture(profile.Default.Value);
        }

        SeccompPrologue prologue = new(architectures, profile.Default);
        bool listens = profile.Default.IsNotify;
        foreach (SeccompRule rule in profile.Rules)
        {
            listens |= rule.Action.IsNotify;
            Add(compiler, prologue, rule, profile.Default);
        }

        byte[] filter = [.. prologue.Build(), .. compiler.Compile()];
        return new SeccompProgram(filter, Flags(profile) | (listens ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0));
    }

    private static void Add(SeccompCompiler compiler, SeccompPrologue prologue, SeccompRule rule, SeccompAction standard)
    {
        foreach (string name in rule.Names)
        {
            int? number = SeccompCompiler.Resolve(name);
            if (number is not null)
            {
                prologue.Named(name);
            }

            // libseccomp refuses a rule that only repeats what happens anyway.
            if (rule.Action == standard)
            {
                continue;
            }

            if (number is null)
            {
                // Unknown to the library: known to us by number, or to nobody; then no program can mean it.
                prologue.TryAdd(name, rule);
                continue;
            }

            try
            {
                AddRule(compiler, rule, number.Value);
            }
            catch (LinuxException failure)
            {
                throw new CrunException($"cannot apply {rule.Origin} of config.json", $"'{name}': {failure.Message}", failure);
            }
        }
    }

    // The comparisons of one rule must all hold; two about the same argument are meant as alternatives.
    private static void AddRule(SeccompCompiler compiler, SeccompRule rule, int number)
    {
        SeccompComparison[] comparisons =
            [.. rule.Arguments.Select(argument => new SeccompComparison(argument.Index, argument.Comparison, argument.Value, argument.Second))];
        bool repeats = rule.Arguments.Select(argument => argument.Index).Distinct().Count() != rule.Arguments.Count;
        if (!repeats)
        {
            compiler.Add(rule.Action.Value, number, comparisons);
            return;
        }

        foreach (SeccompComparison comparison in comparisons)
        {
            compiler.Add(rule.Action.Value, number, [comparison]);
        }
    }

    private static uint Flags(SeccompProfile profile)
    {
        uint flags = 0;
        foreach (string flag in profile.Flags)
        {
            flags |= flag switch
            {
                "SECCOMP_FILTER_FLAG_TSYNC" => 1u << 0,
                "SECCOMP_FILTER_FLAG_LOG" => 1u << 1,
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => 1u << 2,
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => 1u << 5,
                _ => throw new CrunException("cannot apply linux.seccomp.flags of config.json", $"there is no flag '{flag}'"),
            };
        }

        return flags;
    }

    private static uint Architecture(string name)
    {
        // The library's names are the specification's without the prefix, in lower case.
        const string Prefix = "SCMP_ARCH_";
        uint token = name.StartsWith(Prefix, StringComparison.Ordinal)
            ? SeccompCompiler.ArchitectureOf(name[Prefix.Length..].ToLowerInvariant())
            : 0;
        return token == 0
            ? throw new CrunException("cannot apply linux.seccomp.architectures of config.json", $"there is no architecture '{name}'")
            : token;
    }
}
