namespace CrunSharp.Runtime;

/// <summary>What the runtime can do, for those who ask before they use it.</summary>
/// <remarks>runtime-spec 1.3, features.md.</remarks>
public static class Features
{
    /// <summary>Options of mounts that have a meaning of their own; others go to the filesystem.</summary>
    public static IReadOnlyList<string> MountOptions { get; } =
    [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud", "mand", "noatime",
        "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow",
        "private", "rbind", "relatime", "remount", "ro", "rprivate", "rro", "rshared", "rslave", "runbindable", "rw", "shared", "silent",
        "slave", "strictatime", "suid", "sync", "tmpcopyup", "unbindable", "idmap", "ridmap",
    ];

    public static bool IdMappedMounts => true;
}
