using CrunSharp.Linux;

namespace CrunSharp.Lessons;

/// <summary>Which of the ways through a lesson is this host's: the words that <c>[when ...]</c> knows.</summary>
public static class HostFacts
{
    public const string Root = "root";
    public const string User = "user";
    public const string CgroupV2 = "cgroup2";
    public const string CgroupV1 = "cgroup1";
    public const string NoCgroup = "nocgroup";

    public static IReadOnlySet<string> All { get; } = new HashSet<string> { Root, User, CgroupV2, CgroupV1, NoCgroup };

    public static IReadOnlySet<string> Find() => new HashSet<string>
    {
        Processes.EffectiveUser == 0 ? Root : User,
        CanMake("/sys/fs/cgroup", "memory.max") ? CgroupV2 : CanMake("/sys/fs/cgroup/memory", "memory.limit_in_bytes") ? CgroupV1 : NoCgroup,
    };

    // Tried, not guessed: a container's root sees hierarchies that it may not write.
    private static bool CanMake(string parent, string file) =>
        HostNeed.Succeeds($"d={parent}/crun-sharp-learn-try-$$; mkdir $d && {{ test -w $d/{file}; s=$?; rmdir $d; exit $s; }}");
}
