namespace CrunSharp.Images;

/// <summary>With which rights files are written, which decides about owners and about overlay's marks.</summary>
/// <param name="SquashOwners">All files belong to whoever unpacks: there is only one id to give.</param>
/// <param name="UserXattr">Overlay's marks are <c>user.overlay.*</c>, as mounts in a user namespace read them, not <c>trusted.overlay.*</c>.</param>
public sealed record UnpackIdentity(bool SquashOwners, bool UserXattr)
{
    /// <summary>What this process can do.</summary>
    public static UnpackIdentity Current { get; } = FindOut();

    private static UnpackIdentity FindOut()
    {
        // One line an extent: first id inside, first id outside, how many.
        long ids = 0;
        foreach (string line in File.ReadLines("/proc/self/uid_map"))
        {
            ids += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], System.Globalization.CultureInfo.InvariantCulture);
        }

        bool isInitial = ids == uint.MaxValue;
        return new UnpackIdentity(!Environment.IsPrivilegedProcess || ids == 1, !isInitial || !Environment.IsPrivilegedProcess);
    }
}
