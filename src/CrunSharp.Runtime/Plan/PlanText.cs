using System.Buffers;
using System.Globalization;
using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A plan in words: what is done, and where the user asked for it.</summary>
public static class PlanText
{
    private const int WidestSentence = 96;

    private static readonly SearchValues<char> s_shells = SearchValues.Create(" \t\n'\"\\$");

    private static readonly (MountAttributes Attribute, string Name)[] s_attributes =
    [
        (MountAttributes.ReadOnly, "ro"), (MountAttributes.NoSuid, "nosuid"), (MountAttributes.NoDev, "nodev"), (MountAttributes.NoExec, "noexec"),
        (MountAttributes.NoAccessTime, "noatime"), (MountAttributes.StrictAccessTime, "strictatime"),
        (MountAttributes.NoDirectoryAccessTime, "nodiratime"), (MountAttributes.NoSymlinkFollow, "nosymfollow"),
    ];

    /// <summary>One line for clone, one for each step; where it was asked for stands behind it.</summary>
    public static IReadOnlyList<string> Describe(LaunchPlan plan)
    {
        List<(string Sentence, string Origin)> lines = [($"clone a process{(plan.New == Namespaces.None ? "" : $" with new namespaces: {Names(plan.New)}")}", "")];
        if (plan.UidMap.Count > 0)
        {
            lines.Add(($"map its ids: {Map(plan.UidMap)}; groups: {Map(plan.GidMap)}", "linux.uidMappings of config.json"));
        }

        foreach (Step step in plan.Steps)
        {
            lines.Add((Sentence(step), step.Origin));
        }

        int width = Math.Min(lines.Max(static line => line.Sentence.Length), WidestSentence);
        List<string> text = new(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            string number = i.ToString(CultureInfo.InvariantCulture).PadLeft(3);
            text.Add(lines[i].Origin.Length == 0
                ? $"{number}  {lines[i].Sentence}"
                : $"{number}  {lines[i].Sentence.PadRight(width)}  [{lines[i].Origin}]");
        }

        return text;
    }

    /// <summary>One step as a sentence without its subject, <c>mount proc at /proc</c>.</summary>
    public static string Sentence(Step step) => step switch
    {
        Await { Slot: FdSlot.NetworkReady } => "wait until the network is there",
        Await { Slot: FdSlot.RuntimeHooksDone } => "wait until the prestart and createRuntime hooks have succeeded",
        Await => "wait",
        WriteDescriptor { Slot: FdSlot.Cgroup cgroup } => $"join cgroup {cgroup.Number}",
        WriteDescriptor write => $"write {write.Data}",
        JoinNamespace { Slot: FdSlot.Namespace join } => $"join the {Names(Kind(join.Type))} namespace {join.Path}",
        JoinNamespace join => $"join the container's namespaces: {Names(join.Kinds)}",
        Unshare unshare => $"make new namespaces: {Names(unshare.Kinds)}",
        SetTimeOffsets offsets => $"make a time namespace{(offsets.Offsets.Length == 0 ? "" : $" with {offsets.Offsets.TrimEnd().Replace("\n", ", ", StringComparison.Ordinal)}")}",
        Become become => $"become {become.Uid}:{become.Gid} of the user namespace",
        Fork => "go on in a child, which is inside the pid namespace",
        NewSession => "begin a session",
        RedirectStdio stdio => $"take the given descriptor as {stdio.Target}",
        SetHostname host => $"call the host '{host.Name}'",
        SetDomainname domain => $"call the domain '{domain.Name}'",
        LoopbackUp => "bring up the interface lo",
        RunHook hook => $"run the hook {hook.Path}{(hook.Timeout > 0 ? $" for at most {hook.Timeout} s" : "")}",
        _ => RootSentence(step) ?? ProcessSentence(step) ?? step.GetType().Name,
    };

    private static string? RootSentence(Step step) => step switch
    {
        SetPropagation propagation => $"make the tree of mounts {Names(propagation.Propagation)}, so that nothing of it reaches the host",
        BindRoot root => $"take {root.Path} as the root",
        OverlayRoot overlay => $"mount an overlay of {overlay.Lowers.Count} layers at {overlay.MountPoint}{(overlay.Scratch is null ? ", read-only" : "")}",
        FuseRoot fuse => $"mount a fuse file system at {fuse.MountPoint}, which a program of the host answers for",
        MountFilesystem mount => $"mount {mount.Type} at {mount.Path}{Options(mount)}",
        BindMount bind => $"bind {bind.Source} to {bind.Path}{Options(bind)}",
        MakeDirectory directory => $"make the directory {directory.Path} unless it is there",
        MakeDevice { BindHost: true } device => $"bind the host's {device.Path}",
        MakeDevice device => $"make the device {device.Path} {device.Major}:{device.Minor}",
        MakeSymlink link => $"make the link {link.Path} to {link.Target}",
        WriteFile file => $"write the file {file.Path}",
        MakeConsole console => $"make a terminal{(console.Path is null ? "" : $" and bind it to {console.Path}")}",
        EnterRoot { Mode: EnterMode.Pivot } => "pivot_root: enter the root and let go of the host's",
        EnterRoot => "enter the root",
        SetRootPropagation propagation => $"make the new root {Names(propagation.Propagation)}",
        MakeRootReadOnly => "make the root read-only",
        MaskPath mask => $"hide {mask.Path}",
        MakePathReadOnly path => $"make {path.Path} read-only",
        WriteSysctl sysctl => $"write '{sysctl.Value}' to /proc/sys/{sysctl.Path}",
        SendRoot => "hand out the root",
        _ => null,
    };

    private static string? ProcessSentence(Step step) => step switch
    {
        SetRlimit limit => $"set resource limit {limit.Resource} to {Limit(limit.Soft)}, at most {Limit(limit.Hard)}",
        SetOomScore score => $"set the score for the out-of-memory killer to {score.Value}",
        JoinSessionKeyring keyring => $"take a new session keyring '{keyring.Name}'",
        SetUmask umask => $"set the umask to {Convert.ToString(umask.Mode, 8).PadLeft(4, '0')}",
        SetParentDeathSignal death => $"ask for signal {death.Signal} should the launcher end",
        SetNoNewPrivileges => "give up gaining privileges by exec",
        InstallSeccomp seccomp => $"install the seccomp filter ({seccomp.Program.Length / 8} instructions)",
        DropBounding bounding => $"drop all capabilities from the bounding set but {Names(bounding.Keep)}",
        SetUser user => $"become user {user.Uid}:{user.Gid}{(user.AdditionalGids is { Count: > 0 } groups ? $" with groups {string.Join(' ', groups)}" : "")}",
        SetCapabilities capabilities => $"keep the capabilities {Names(capabilities.Effective)}{Others(capabilities)}",
        EnterDirectory directory => $"go to {directory.Path}, and check that it is in the root",
        FindProgram find => $"find '{find.Program}' in {find.SearchPath}",
        AwaitStart => "tell that the container is created, and wait for start",
        StayAsInit => "stay as process 1 and reap; the program goes on as its child",
        Execute execute => $"execute {string.Join(' ', execute.Args.Select(Quoted))}",
        SetPersonality personality => $"take the execution domain {personality.Persona}",
        SetScheduler => "set the scheduler",
        SetIoPriority priority => $"set the I/O priority to class {priority.Priority >> 13}, level {priority.Priority & 0x1fff}",
        SetCpuAffinity => "set the CPUs it may run on",
        SetMemoryPolicy => "set the nodes that its memory comes from",
        SetLabel label => $"take the label '{label.Label}' in {label.Attribute}",
        SetStdioOwner owner => $"give the pipes among descriptors 0 to 2 to user {owner.Uid}",
        End => "end",
        _ => null,
    };

    private static string Options(MountFilesystem mount)
    {
        List<string> words = [.. Names(mount.Attributes)];
        words.AddRange(mount.Options.Split(',', StringSplitOptions.RemoveEmptyEntries));
        return words.Count == 0 ? "" : $" ({string.Join(", ", words)})";
    }

    private static string Options(BindMount bind)
    {
        List<string> words = [.. Names(bind.Set)];
        if (bind.Propagation != Propagation.None)
        {
            words.Add(Names(bind.Propagation));
        }

        if (bind.IdMap is not null)
        {
            words.Add("ids mapped");
        }

        string whole = bind.Mode.HasFlag(MountMode.Recursive) ? ", with all that is mounted in it" : "";
        return words.Count == 0 ? whole : $"{whole} ({string.Join(", ", words)})";
    }

    private static IEnumerable<string> Names(MountAttributes attributes)
    {
        foreach ((MountAttributes attribute, string name) in s_attributes)
        {
            if ((attributes & attribute) != 0)
            {
                yield return name;
            }
        }
    }

    private static string Names(Propagation propagation)
    {
        string name = (propagation & ~Propagation.Recursive).ToString().ToLowerInvariant();
        return propagation.HasFlag(Propagation.Recursive) ? $"r{name}" : name;
    }

    private static string Names(Namespaces namespaces) => namespaces.ToString().ToLowerInvariant();

    private static string Names(ulong capabilities) =>
        capabilities == 0 ? "none" : string.Join(' ', Capability.NamesOf(capabilities).Select(static name => name[4..].ToLowerInvariant()));

    private static string Others(SetCapabilities capabilities)
    {
        StringBuilder text = new();
        if (capabilities.Inheritable != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; inheritable: {Names(capabilities.Inheritable)}");
        }

        if (capabilities.Ambient != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; ambient: {Names(capabilities.Ambient)}");
        }

        return text.ToString();
    }

    private static Namespaces Kind(NamespaceType type) => NamespacePlan.FlagOf(type);

    private static string Map(IReadOnlyList<IdMapping> map) =>
        string.Join(", ", map.Select(static extent => $"{extent.ContainerId}..{extent.ContainerId + extent.Size - 1} are {extent.HostId}.. outside"));

    private static string Limit(ulong value) => value == ulong.MaxValue ? "no limit" : value.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAny(s_shells) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
