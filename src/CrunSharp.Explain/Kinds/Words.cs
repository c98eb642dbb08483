using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>Flags of mounts as mount(8) takes them.</summary>
internal static class Words
{
    public static string Of(Propagation propagation)
    {
        string name = (propagation & ~Propagation.Recursive).ToString().ToLowerInvariant();
        return propagation.HasFlag(Propagation.Recursive) ? $"r{name}" : name;
    }

    public static IEnumerable<string> Of(MountAttributes attributes) => Named(attributes, static item => item.On);

    public static IEnumerable<string> Off(MountAttributes attributes) => Named(attributes, static item => item.Off);

    private static IEnumerable<string> Named(MountAttributes attributes, Func<(MountAttributes Attribute, string On, string Off), string> word)
    {
        foreach ((MountAttributes Attribute, string On, string Off) item in s_words)
        {
            if (attributes.HasFlag(item.Attribute))
            {
                yield return word(item);
            }
        }
    }

    private static readonly (MountAttributes Attribute, string On, string Off)[] s_words =
    [
        (MountAttributes.NoSuid, "nosuid", "suid"), (MountAttributes.NoDev, "nodev", "dev"), (MountAttributes.NoExec, "noexec", "exec"),
        (MountAttributes.NoAccessTime, "noatime", "atime"), (MountAttributes.StrictAccessTime, "strictatime", "nostrictatime"),
        (MountAttributes.NoDirectoryAccessTime, "nodiratime", "diratime"), (MountAttributes.NoSymlinkFollow, "nosymfollow", "symfollow"),
        (MountAttributes.ReadOnly, "ro", "rw"),
    ];
}
