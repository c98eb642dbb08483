using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>The names of calls, asked of libseccomp once each.</summary>
internal static class CallNames
{
    private static readonly Dictionary<(uint, long), string> s_names = [];

    /// <summary>Whether there is a name for it: newer calls than the library have none.</summary>
    public static bool IsKnown(in SystemCall call) => SeccompCompiler.NameOf(call.Architecture, (int)call.Number) is not null;

    public static string Of(in SystemCall call)
    {
        if (!s_names.TryGetValue((call.Architecture, call.Number), out string? name))
        {
            name = SeccompCompiler.NameOf(call.Architecture, (int)call.Number) ?? $"call {call.Number}";
            s_names.Add((call.Architecture, call.Number), name);
        }

        return name;
    }
}
