using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>The filter, asked about every call that there is.</summary>
internal static class SeccompView
{
    private const int Highest = 1024;
    private static readonly ulong[] s_arguments = [0, ulong.MaxValue, 0x10000000, 0x20000, 2, 16, 17, 38, 40];

    public static Section Of(ProcessFacts first, SocketFilter filter)
    {
        string[] columns = ["call", "answer"];
        if (first.SeccompMode == 0 || filter.IsEmpty)
        {
            return new Section("seccomp", "Seccomp", "No filter: every call reaches the kernel.", columns, []);
        }

        uint architecture = SeccompCompiler.NativeArchitecture;
        List<string[]> rows = [];
        for (int number = 0; number < Highest; number++)
        {
            if (SeccompCompiler.NameOf(architecture, number) is { } name && Answer(filter, architecture, number) is { } answer)
            {
                rows.Add([name, answer]);
            }
        }

        return new Section("seccomp", "Seccomp", $"The filter, run on every call by its number: it refuses {rows.Count}, some of them by their arguments.", columns, [.. rows.OrderBy(static row => row[1]).ThenBy(static row => row[0], StringComparer.Ordinal)]);
    }

    private static string? Answer(SocketFilter filter, uint architecture, int number)
    {
        List<FilterAnswer> answers = [];
        foreach (ulong value in s_arguments)
        {
            answers.Add(filter.Run(new SystemCall(architecture, 0, number, value, value, value, value, value, value)));
        }

        FilterAnswer[] refused = [.. answers.Where(static answer => !answer.Lets)];
        string word = refused.Length == 0 ? "" : refused[0].Errno is { } errno ? Errno.Name(errno) : refused[0].Kills ? "kills" : "other";
        return refused.Length == 0 ? null : refused.Length == answers.Count ? word : $"{word}, with some arguments";
    }
}
