namespace CrunSharp.Engine;

/// <summary>A setting of the host that keeps ordinary users from making user namespaces.</summary>
/// <param name="Name">As sysctl names it.</param>
/// <param name="Mend">The command that lifts it.</param>
internal sealed record UserNamespaceLimits(string Name, string Mend)
{
    /// <summary>The settings of Debian, of every kernel, and of Ubuntu since 23.10: what they are when they forbid, and when they allow.</summary>
    private static readonly (string Name, string Forbids, string Allows)[] s_known =
    [
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("user.max_user_namespaces", "0", "28633"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ];

    /// <summary>The first that forbids; null when none does.</summary>
    public static UserNamespaceLimits? Find() => Find("/proc/sys");

    internal static UserNamespaceLimits? Find(string directory)
    {
        foreach ((string name, string forbids, string allows) in s_known)
        {
            try
            {
                if (File.ReadAllText($"{directory}/{name.Replace('.', '/')}").Trim() == forbids)
                {
                    return new UserNamespaceLimits(name, $"sudo sysctl -w {name}={allows}");
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not every kernel has each of them.
            }
        }

        return null;
    }
}
