namespace CrunSharp.Images;

/// <summary>Opens a blob from byte <paramref name="offset"/> on; asked again with a larger offset, it goes on where a broken stream ended.</summary>
public delegate Task<Stream> BlobSource(long offset, CancellationToken cancellationToken);
