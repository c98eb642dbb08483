namespace CrunSharp.Oci;

/// <summary>Which kernel settings belong to a namespace, so that a container may set them without changing its host.</summary>
public static class Sysctl
{
    private static readonly string[] s_ipc =
    [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
        "kernel/shm_rmid_forced",
    ];

    /// <summary>The path beneath /proc/sys of <c>net.ipv4.ip_forward</c>, or of <c>net/ipv4/conf/eth0.1/forwarding</c>.</summary>
    /// <remarks>sysctl(8): whichever of the two comes first separates, and the other stands for it in a name.</remarks>
    public static string PathOf(string name)
    {
        int separator = name.AsSpan().IndexOfAny('.', '/');
        return separator < 0 || name[separator] == '/'
            ? name
            : string.Create(name.Length, name, static (path, text) =>
            {
                for (int i = 0; i < path.Length; i++)
                {
                    path[i] = text[i] switch { '.' => '/', '/' => '.', char other => other };
                }
            });
    }

    /// <summary>The namespace that owns the setting; null: the host does.</summary>
    /// <param name="path">As <see cref="PathOf"/> gives it.</param>
    public static NamespaceType? OwnerOf(string path)
    {
        // What is compared is what is opened: no part may lead elsewhere.
        foreach (Range part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[part] is "" or "." or "..")
            {
                return null;
            }
        }

        if (path.StartsWith("net/", StringComparison.Ordinal))
        {
            return NamespaceType.Network;
        }

        if (path.StartsWith("fs/mqueue/", StringComparison.Ordinal) || Array.IndexOf(s_ipc, path) >= 0)
        {
            return NamespaceType.Ipc;
        }

        return path switch
        {
            "kernel/hostname" or "kernel/domainname" => NamespaceType.Uts,
            _ when path.StartsWith("user/", StringComparison.Ordinal) => NamespaceType.User,
            _ => null,
        };
    }
}
