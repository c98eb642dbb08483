namespace CrunSharp.Registry.Credentials;

/// <summary>Knows who to be for a registry.</summary>
internal interface ICredentialSource
{
    /// <summary>What is kept for <paramref name="registry"/>, or for the longest path in it that covers <paramref name="repository"/>.</summary>
    /// <param name="registry">Host and port as configured or typed.</param>
    /// <param name="repository">Without the host; empty means the registry as a whole.</param>
    /// <param name="notes">Receives what kept a stored credential from being used.</param>
    /// <param name="cancellationToken">Ends a helper that waits for somebody.</param>
    /// <exception cref="Oci.CrunException">A file cannot be read.</exception>
    Task<Credential?> FindAsync(string registry, string repository, List<string> notes, CancellationToken cancellationToken);
}

/// <summary>Somebody who has just said who they are, to one registry.</summary>
internal sealed class TypedCredential(Credential credential) : ICredentialSource
{
    public Task<Credential?> FindAsync(string registry, string repository, List<string> notes, CancellationToken cancellationToken) =>
        Task.FromResult<Credential?>(credential);
}
